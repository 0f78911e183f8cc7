"""The REST interface of a studio as one visitor after the other sees it, without signing any of them in."""

from typing import Any

from assistants.principals import LOCAL, Principal
from assistants.studio import Studio
from tests.serving import client, small_app
from webapp.api.dependencies import owner_of, principal_of


class Door:
    """Asks ``studio`` over HTTP as ``who``, for whom it answers in English unless another language is asked for."""

    def __init__(self, studio: Studio) -> None:
        self._who = LOCAL
        app = small_app(studio)
        app.dependency_overrides[principal_of] = lambda: self._who
        app.dependency_overrides[owner_of] = lambda: self._who.id
        self._client = client(app)

    def ask(self, method: str, path: str, body: Any = None, who: Principal = LOCAL, lang: str = "en") -> Any:
        """Return what ``/api/<path>`` answers, which is no error."""
        answer = self.answer(method, path, body, who, lang)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def refusal(
        self, method: str, path: str, body: Any = None, who: Principal = LOCAL, lang: str = "en"
    ) -> tuple[int, str]:
        """Return the status and the sentence of an error."""
        answer = self.answer(method, path, body, who, lang)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["error"]["message"]

    def answer(self, method: str, path: str, body: Any = None, who: Principal = LOCAL, lang: str = "en") -> Any:
        """Return the answer as it is."""
        self._who = who
        return self._client.request(method, f"/api/{path}", json=body, headers={"Accept-Language": lang})
