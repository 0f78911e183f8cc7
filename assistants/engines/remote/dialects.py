"""What a request is called by whom: our parameters in the words of OpenAI-compatible servers and of LangChain.

Knows LangChain's classes; knows nothing about waiting, retrying or what an error means.
"""

from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from pydantic import SecretStr, ValidationError

from assistants.engines.remote.faults import Cut, Garbled, shortened
from assistants.engines.remote.frames import Frames
from assistants.engines.remote.listing import names_in
from assistants.engines.remote.reading import Reader
from assistants.engines.remote.wire import MOST_BYTES, beginning, check, drain
from assistants.errors import InvalidInput, ModelUnavailable
from assistants.settings import is_loopback
from assistants.storable import from_json

# The one that is spoken here and needs no package.
OPENAI = "openai"
# A server that takes no key gets this one: the library insists on some.
NO_KEY = "none"

# What LangChain's classes call the same thing; the first that a class has is meant.
OTHER_NAMES = {
    "max_tokens": ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens", "max_completion_tokens"),
    "repetition_penalty": ("repetition_penalty", "repeat_penalty"),
}


@dataclass(frozen=True)
class Wishes:
    """The parameters and controls of one request; None is left to the model."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    json_schema: dict[str, Any] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Those that were said."""
        return {name: value for name, value in asdict(self).items() if value is not None and value is not False}


class Dialect(Protocol):
    """One way to talk to a model."""

    capabilities: frozenset[str]
    continues: bool

    def stream(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Ask; ``plain`` leaves out what only some servers take. An empty chunk is a sign of life."""

    async def models(self) -> list[str]:
        """Return the models there are, as far as the server tells."""

    async def close(self) -> None:
        """Close the connections."""


class OpenAICompatible:
    """Chat completions as OpenAI made them; vLLM, SGLang, Ollama, llama.cpp, LM Studio and most providers have them."""

    capabilities = frozenset({"json_schema", "logprobs", "top_logprobs", "penalties"})

    def __init__(self, model: str, url: str, key: SecretStr | None, connect_seconds: float) -> None:
        import openai

        host = urlsplit(url).hostname or ""
        self._model, self._url = model, url.rstrip("/")
        self._is_openais = host == "api.openai.com"
        self.continues = not self._is_openais
        self._client = openai.DefaultAsyncHttpxClient(
            headers={"Authorization": f"Bearer {key.get_secret_value() if key else NO_KEY}"},
            timeout=openai.Timeout(None, connect=connect_seconds),
            # A redirect would take the key to whoever the server names; a proxy does not reach this machine.
            follow_redirects=False,
            trust_env=not is_loopback(host),
        )

    async def stream(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Ask; ``plain`` leaves out what only some servers take. An empty chunk is a sign of life.

        Raises ``ServerError``, ``Garbled``, ``Cut`` and what the network raises.
        """
        body = self._body(messages, stop, wishes, plain=plain)
        frames, reader = Frames(), Reader()
        async with self._client.stream("POST", f"{self._url}/chat/completions", json=body) as response:
            await check(response)
            bytes_ = response.aiter_bytes()
            async for data in bytes_:
                for frame in frames.push(data):
                    for chunk in reader.read(frame):
                        yield chunk
                # Whatever came is a sign of life, such as a comment that only keeps the connection open.
                yield AIMessageChunk(content="")
                if reader.closed:
                    await drain(bytes_)
                    break
        for frame in frames.end():
            for chunk in reader.read(frame):
                yield chunk
        yield reader.rest()
        if not reader.begun and not reader.ended:
            raise Garbled(reader.unknown or frames.stray)
        if not reader.ended:
            raise Cut

    def _body(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> dict[str, Any]:
        """Return the request."""
        body = {"model": self._model, "messages": convert_to_openai_messages(messages), "stream": True} | wishes.said
        if not plain:
            body["stream_options"] = {"include_usage": True}
        if stop:
            body["stop"] = stop
        if "repetition_penalty" in body:
            # llama.cpp, Ollama and LM Studio call it so; each server passes over the name it does not know.
            body["repeat_penalty"] = body["repetition_penalty"]
        if self._is_openais and "max_tokens" in body:
            body["max_completion_tokens"] = body.pop("max_tokens")
        if schema := body.pop("json_schema", None):
            named = {"name": "answer", "schema": schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        if self.continues and not plain and messages[-1].type == "ai":
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        return body

    async def models(self) -> list[str]:
        """Return the ids of the server's models; raises ``Garbled`` for an answer that is no list of them."""
        async with self._client.stream("GET", f"{self._url}/models") as response:
            await check(response)
            text = await beginning(response, MOST_BYTES)
        try:
            return names_in(from_json(text))
        except (ValueError, RecursionError):
            raise Garbled(text) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class AnyProvider:
    """Whatever LangChain has a class for; parameters are the class's own fields."""

    capabilities: frozenset[str] = frozenset()
    continues = True

    def __init__(self, provider: str, model: str, url: str | None, key: SecretStr | None) -> None:
        self._name = f"{provider}:{model}"
        given = {"base_url": url, "api_key": key and key.get_secret_value()}
        self._chat = opened(provider, model, {name: value for name, value in given.items() if value})

    def stream(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> AsyncGenerator[AIMessageChunk, None]:
        """Ask; raises ``InvalidInput`` for a parameter that the provider's class does not have."""
        fields = {self._field(name): value for name, value in wishes.said.items()}
        chunks = self._chat.model_copy(update=fields).astream(messages, stop=stop)
        assert isinstance(chunks, AsyncGenerator), "LangChain's own can be closed"
        return chunks

    def _field(self, name: str) -> str:
        known = type(self._chat).model_fields
        by_alias = {field.alias: own for own, field in known.items() if field.alias}
        for other in OTHER_NAMES.get(name, (name,)):
            if found := other if other in known else by_alias.get(other):
                return found
        raise InvalidInput(name, "{model} does not take {field}.", model=self._name)

    async def models(self) -> list[str]:
        """Return nothing: LangChain has no list of a provider's models."""
        return []

    async def close(self) -> None:
        """Leave it to the provider's class, which closes itself."""


def opened(provider: str, model: str, given: dict[str, Any]) -> BaseChatModel:
    """Return LangChain's chat model; raises ``ModelUnavailable`` that names a package to install or what is wrong."""
    from langchain.chat_models import init_chat_model

    name, secret = f"{provider}:{model}", given.get("api_key")
    try:
        return init_chat_model(model, model_provider=provider, **given)
    except ImportError as error:
        package = package_of(error, provider)
        template = "{model} runs on the package {package}, which is not installed (pip install {package})."
        raise ModelUnavailable(template, model=name, package=package) from None
    except ValidationError as error:
        # Its own text shows the values, the key among them.
        problem = "; ".join(str(one["msg"]) for one in error.errors(include_input=False, include_context=False))
    except Exception as error:  # noqa: BLE001 (a provider's class may raise anything when it finds no key)
        problem = str(error).partition("\n")[0]
    raise ModelUnavailable("The model {model} does not load: {cause}.", model=name, cause=shortened(problem, secret))


def missing_package(provider: str) -> str | None:
    """Return the package that a provider of LangChain needs and that is not installed."""
    if provider == OPENAI:
        return None
    from langchain.chat_models import init_chat_model

    try:
        init_chat_model("any", model_provider=provider)
    except ImportError as error:
        return package_of(error, provider)
    except Exception:  # noqa: BLE001 (one without a key, or no provider at all: nothing is missing)
        return None
    return None


def package_of(error: ImportError, provider: str) -> str:
    """Return the package whose lack made LangChain raise ``error``."""
    missing = getattr(error.__cause__, "name", None) or error.name or f"langchain_{provider}"
    return missing.partition(".")[0].replace("_", "-")
