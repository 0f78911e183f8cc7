"""The providers of a suite: models with their parameters, and the connections that lead to them."""

import os
import re
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from assistants.connections import OPENAI_URL, Connection
from assistants.playground.promptfoo.reader import Place, Reader

# promptfoo's name of each parameter: ours.
PARAMS = {
    "temperature": "temperature", "max_tokens": "max_tokens", "max_completion_tokens": "max_tokens", "top_p": "top_p",
    "seed": "seed", "stop": "stop", "top_k": "top_k",
}  # fmt: skip
KNOWN = {"id", "label", "config"}
KNOWN_OF_CONFIG = {*PARAMS, "apiBaseUrl", "apiHost", "apiKey", "apiKeyEnvar"}
ENVIRONMENT = re.compile(r"\{\{-?\s*env\.(\w+)\s*-?\}\}")
# What runs code, leads to files, or speaks another protocol.
OTHERS = re.compile(
    r"(python|javascript|exec|ruby|golang|https?|wss?|websocket|file|package|webhook|browser|sequence|promptfoo"
    r"|openai:(responses|completion|embedding|embeddings|assistant|moderation|image|realtime|agents|codex\S*|speech))\b"
)

Data = dict[str, Any]


class Providers:
    """The models of one suite by the names that it gives them."""

    def __init__(self, reader: Reader, environment: Mapping[str, str]) -> None:
        """``environment`` goes before the one that there is."""
        self._reader = reader
        self._environment = {**os.environ, **environment}
        self._connections: dict[tuple[str, str], Connection] = {}

    @property
    def connections(self) -> list[Connection]:
        """The connections that the models need."""
        return list(self._connections.values())

    def read(self, said: Any, place: Place) -> list[tuple[str, Data]]:
        """Return each provider's model and parameters; '' is the studio's own model."""
        listed = said if isinstance(said, list) else [] if said is None else [said]
        found: list[tuple[str, Data]] = []
        for number, one in enumerate(listed):
            where = place.at(number) if isinstance(said, list) else place
            found += [self._model(where, name, options) for name, options in self._named(one, where)]
        once = [one for number, one in enumerate(found) if one not in found[:number]]
        if len(once) < len(found):
            self._reader.unused["a provider that is there a second time"] = None
        return once or [("", {})]

    def _named(self, said: Any, place: Place) -> list[tuple[str, Data]]:
        """Return a provider's name and options; as a map it has the name for a key."""
        if isinstance(said, str):
            return [(said, {})]
        if isinstance(said, dict) and isinstance(said.get("id"), str):
            return [(said["id"], self._config(said, place))]
        if isinstance(said, dict) and said and all(isinstance(one, dict | None) for one in said.values()):
            return [
                (options.get("id") or name, self._config(options, place.at(name)))
                for name, options in ((name, one or {}) for name, one in said.items())
            ]
        self._reader.refuse(place, "a provider without a name")
        return []

    def _config(self, said: Data, place: Place) -> Data:
        self._reader.refuse_others(place, said, KNOWN, "provider option")
        if "label" in said:
            self._reader.unused["providers: label"] = None
        config = said.get("config") or {}
        if not isinstance(config, dict):
            self._reader.refuse(place.at("config"), "a provider's config that is no map")
            return {}
        self._reader.refuse_others(place.at("config"), config, KNOWN_OF_CONFIG, "provider option")
        return {name: self._put_in(value, place.at("config", name)) for name, value in config.items()}

    def _put_in(self, value: Any, place: Place) -> Any:
        """Return a text with what the environment says where it asks for that."""
        if not isinstance(value, str):
            return value
        for name in ENVIRONMENT.findall(value):
            if name not in self._environment:
                self._reader.refuse(place, f"the environment's {name}, which is not set")
        return ENVIRONMENT.sub(lambda found: self._environment.get(found[1], ""), value)

    def _model(self, place: Place, name: str, options: Data) -> tuple[str, Data]:
        params: Data = {}
        for option, value in options.items():
            if option in PARAMS and params.setdefault(PARAMS[option], value) != value:
                self._reader.refuse(place, f"{option} beside another {PARAMS[option]}")
        return self.named(name, place, options), params

    def named(self, name: str, place: Place, options: Data | None = None) -> str:
        """Return what the studio calls a model."""
        if OTHERS.match(name):
            self._reader.refuse(place, f"provider {name}")
        if name == "echo":
            return "echo:"
        if name.startswith("openai:"):
            return f"{self._connection(options or {}).name}:{name.removeprefix('openai:').removeprefix('chat:')}"
        return name

    def _connection(self, options: Data) -> Connection:
        host = options.get("apiHost")
        own = self._environment.get("OPENAI_BASE_URL", OPENAI_URL)
        url = str(options.get("apiBaseUrl") or (f"https://{host}/v1" if host else own))
        variable = str(options.get("apiKeyEnvar") or "OPENAI_API_KEY")
        key = str(options.get("apiKey") or self._environment.get(variable, ""))
        if (url, key) not in self._connections:
            name = f"suite-{len(self._connections) + 1}"
            self._connections[url, key] = Connection(name=name, url=url, key=SecretStr(key) if key else None)
        return self._connections[url, key]
