"""What a request is called by whom: our parameters in the words of OpenAI-compatible servers and of LangChain.

Knows LangChain's classes; knows nothing about waiting, retrying or what an error means.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from pydantic import SecretStr, ValidationError

from assistants.engines.remote.faults import shortened
from assistants.errors import InvalidInput, ModelUnavailable
from assistants.settings import is_loopback

# A server that takes no key gets this one: the library insists on some.
NO_KEY = "none"
MAX_LISTED = 1000

# What LangChain's classes call the same thing; the first that a class has is meant.
OTHER_NAMES = {
    "max_tokens": ("max_tokens", "max_output_tokens", "num_predict", "max_new_tokens", "max_completion_tokens"),
    "repetition_penalty": ("repetition_penalty", "repeat_penalty"),
}
TOKEN_LIMITS = {"length", "max_tokens"}


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
    """One way to talk to a model. ``ends`` says whether each whole answer has a reason why it ended."""

    capabilities: frozenset[str]
    ends: bool
    continues: bool

    def stream(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> AsyncIterator[AIMessageChunk]:
        """Ask; ``plain`` leaves out what only some servers take."""

    async def models(self) -> list[str]:
        """Return the models there are, as far as the server tells."""

    async def close(self) -> None:
        """Close the connections."""


class OpenAICompatible:
    """Chat completions as OpenAI made them; vLLM, SGLang, Ollama, llama.cpp, LM Studio and most providers have them."""

    capabilities = frozenset({"json_schema", "logprobs", "top_logprobs", "penalties"})
    ends = True

    def __init__(self, model: str, url: str, key: SecretStr | None, connect_seconds: float) -> None:
        import openai
        from langchain_openai import ChatOpenAI

        host = urlsplit(url).hostname or ""
        self._is_openais = host == "api.openai.com"
        self.continues = not self._is_openais
        timeout = openai.Timeout(None, connect=connect_seconds)
        # A redirect would take the key to whoever the server names; a proxy does not reach this machine.
        proxied = not is_loopback(host)
        client = openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=timeout, trust_env=proxied)
        self._chat = ChatOpenAI(
            model=model,
            base_url=url,
            api_key=key or SecretStr(NO_KEY),
            http_async_client=client,
            http_socket_options=(),
            timeout=timeout,
            max_retries=0,
            stream_chunk_timeout=None,
            use_responses_api=False,
        )
        self._api: openai.AsyncOpenAI = self._chat.root_async_client
        if not self._is_openais:
            # From the environment, and nobody else's business.
            self._api.organization = self._api.project = None

    def stream(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> AsyncIterator[AIMessageChunk]:
        """Ask; ``plain`` leaves out what only some servers take."""
        options = wishes.said
        # What OpenAI's own interface does not have goes past the library, which would refuse it.
        extra = {name: options.pop(name) for name in ("top_k", "repetition_penalty") if name in options}
        if "repetition_penalty" in extra:
            # llama.cpp, Ollama and LM Studio call it so; each server passes over the name it does not know.
            extra["repeat_penalty"] = extra["repetition_penalty"]
        if "max_tokens" in options and not self._is_openais:
            # The library would call it max_completion_tokens, which many servers pass over.
            extra["max_tokens"] = options.pop("max_tokens")
        if schema := options.pop("json_schema", None):
            named = {"name": "answer", "schema": schema, "strict": True}
            # Past the library, too, which would parse the answer and not stream it.
            extra["response_format"] = {"type": "json_schema", "json_schema": named}
        if self.continues and not plain and messages[-1].type == "ai":
            extra |= {"continue_final_message": True, "add_generation_prompt": False}
        if extra:
            options["extra_body"] = extra
        return self._chat.astream(messages, stop=stop, stream_usage=not plain, **options)

    async def models(self) -> list[str]:
        """Return the ids of the server's models; raises ``ValueError`` for an answer that is no list of them."""
        answer = await self._api.get("/models", cast_to=object)
        listed = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(listed, list):
            raise ValueError("no list of models")
        names = [one.get("id") for one in listed if isinstance(one, dict)]
        return [name for name in names if isinstance(name, str) and 0 < len(name) <= 200][:MAX_LISTED]

    async def close(self) -> None:
        """Close the connections."""
        await self._api.close()


class AnyProvider:
    """Whatever LangChain has a class for; parameters are the class's own fields."""

    capabilities: frozenset[str] = frozenset()
    ends = False
    continues = True

    def __init__(self, provider: str, model: str, url: str | None, key: SecretStr | None) -> None:
        self._name = f"{provider}:{model}"
        given = {"base_url": url, "api_key": key and key.get_secret_value()}
        self._chat = opened(provider, model, {name: value for name, value in given.items() if value})

    def stream(
        self, messages: list[BaseMessage], stop: list[str] | None, wishes: Wishes, *, plain: bool
    ) -> AsyncIterator[AIMessageChunk]:
        """Ask; raises ``InvalidInput`` for a parameter that the provider's class does not have."""
        fields = {self._field(name): value for name, value in wishes.said.items()}
        return self._chat.model_copy(update=fields).astream(messages, stop=stop)

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


def reason(chunk: AIMessageChunk) -> str | None:
    """Return why the answer ended, if this chunk says so: ``stop`` or ``length``."""
    metadata = chunk.response_metadata
    said = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    if said is None:
        return None
    return "length" if str(said).lower() in TOKEN_LIMITS else "stop"
