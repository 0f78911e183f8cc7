"""Settings: read once from the environment, with defaults for where the studio runs."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from assistants import settings as settings_module
from assistants.settings import Settings


def test_a_plain_machine_is_served_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STUDIO_HOME")
    settings = Settings()
    assert (settings.host, settings.port, settings.text_model) == ("127.0.0.1", 7860, "default")
    assert settings.is_local and not settings.on_spaces and not settings.is_ephemeral
    assert settings.home.name == "aigc-studio" and settings.home.is_absolute()
    assert settings.models_folder == settings.home / "models"


def test_spaces_listen_to_their_proxy_and_keep_what_the_volume_keeps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STUDIO_HOME")
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    monkeypatch.setattr(settings_module, "SPACES_VOLUME", tmp_path / "absent")
    without = Settings()
    assert (without.host, without.is_local, without.is_ephemeral) == ("0.0.0.0", False, True)
    monkeypatch.setattr(settings_module, "SPACES_VOLUME", tmp_path)
    assert Settings().home == tmp_path / "aigc-studio"
    assert not Settings().is_ephemeral


@pytest.mark.parametrize(
    ("host", "names", "is_local"),
    [
        ("127.0.0.1", "", True),
        ("localhost", "localhost,127.0.0.1", True),
        ("::1", "", True),
        ("127.0.0.1", "studio.example.org", False),
        ("0.0.0.0", "", False),
        ("192.168.1.5", "", False),
        ("studio.local", "", False),
    ],
)
def test_only_a_studio_that_nobody_else_reaches_is_local(host: str, names: str, is_local: bool) -> None:
    assert Settings(host=host, allowed_hosts=names).is_local == is_local


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_API_KEYS", " a, b ,,")
    monkeypatch.setenv("STUDIO_ALLOWED_HOSTS", "x.org")
    assert (Settings().api_keys, Settings().allowed_hosts) == (("a", "b"), ("x.org",))


@pytest.mark.parametrize(("name", "value"), [("PORT", "0"), ("PORT", "http"), ("WORKERS", "-1"), ("QUEUE_SIZE", "")])
def test_a_value_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"STUDIO_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1
