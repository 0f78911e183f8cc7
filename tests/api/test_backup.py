"""The backup over HTTP: the operator takes it home and puts it by for the next start; nobody else does."""

import io
import zipfile
from pathlib import Path

from starlette.testclient import TestClient

from assistants.principals import OPERATOR
from tests.api.talk import ask, ended
from tests.serving import SHARED, newcomer, opened, small_app


def test_only_the_operator_takes_one_and_puts_one_by(ann: TestClient) -> None:
    assert ann.get("/api/backup").status_code == 403
    assert ann.put("/api/backup", content=b"anything").status_code == 403
    assert ann.delete("/api/backup").status_code == 403


def test_a_backup_goes_home_and_comes_back_at_the_next_start(tmp_path: Path) -> None:
    with opened(tmp_path, **SHARED) as studio:
        operator = signed_in(small_app(studio))
        job = ended(operator, ask(operator, message="in the backup"))["id"]
        answer = operator.get("/api/backup")
        assert answer.status_code == 200 and answer.headers["content-disposition"].startswith("attachment; filename=")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert {"backup.json", "studio.db"} <= set(archive.namelist())
        later = ended(operator, ask(operator, message="after the backup"))["id"]
        put = operator.put("/api/backup", content=answer.content)
        assert put.status_code == 202 and (put.json()["items"], put.json()["files"]) == (1, 0)
        assert operator.get(f"/api/jobs/{later}").status_code == 200
    with opened(tmp_path, **SHARED) as studio:
        operator = signed_in(small_app(studio))
        assert operator.get(f"/api/jobs/{job}").status_code == 200
        assert operator.get(f"/api/jobs/{later}").status_code == 404


def test_one_that_is_put_by_can_be_forgotten(tmp_path: Path) -> None:
    with opened(tmp_path, **SHARED) as studio:
        operator = signed_in(small_app(studio))
        operator.put("/api/backup", content=operator.get("/api/backup").content)
        assert studio.history.waiting(OPERATOR)
        assert operator.delete("/api/backup").status_code == 204
        assert studio.history.waiting(OPERATOR) is None


def test_what_is_no_backup_is_named_in_the_visitors_language(tmp_path: Path) -> None:
    with opened(tmp_path, **SHARED) as studio:
        operator = signed_in(small_app(studio))
        chinese = {"Accept-Language": "zh"}
        answer = operator.put("/api/backup", params={"name": "猫.zip"}, content=b"not a zip", headers=chinese)
        assert answer.status_code == 422
        assert answer.json()["error"] == {"message": "猫.zip 不是本程序的备份。", "field": "file"}
        assert not list(studio.settings.home.glob("restore-*"))


def signed_in(app: object) -> TestClient:
    browser = newcomer(app)
    browser.get("/", params={"token": SHARED["admin_token"]})
    return browser
