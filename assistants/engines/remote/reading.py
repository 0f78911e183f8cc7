"""What OpenAI-compatible servers put into the frames of an answer, in each of the ways that are about.

A delta or a whole message, text or parts of it, reasoning under several names, usage here or there, an error in any
place. What is neither text nor reasoning is named. Knows nothing about bytes, and nothing about waiting.
"""

import json
import math
from collections import Counter
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata

from assistants.engines.remote.faults import Garbled, ServerError, status_in
from assistants.engines.remote.frames import DONE, Frame
from assistants.storable import Deltas, storable

# What holds the words of a part of a message.
HOLDERS = ("text", "thinking", "reasoning", "content", "refusal", "summary")
REASONING = ("reasoning_content", "reasoning", "thinking")
# What servers call the tokens that were read, and those that were written.
COUNTS = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
# OpenAI's own for what has no logarithm.
LEAST_LOGPROB = -9999.0
MOST_TOKENS = 2**53
NAME_LENGTH = 80
NOTHING = object()


class Reader:
    """Reads the frames of one answer. ``ended`` says that it is whole, ``closed`` that nothing more is to come.

    ``begun`` says that there was a frame of an answer at all, and ``unknown`` is the first one that was of none.
    """

    def __init__(self) -> None:
        self.begun = self.ended = self.closed = False
        self.unknown: Any = None
        self._text, self._reasoning = Deltas(), Deltas()
        self._tools: dict[Any, str] = {}
        self._others: Counter[str] = Counter()

    def read(self, frame: Frame) -> list[AIMessageChunk]:
        """Return what a frame says; raises ``ServerError`` for an error in it and ``Garbled`` for no JSON."""
        data = frame.data.strip()
        if not data and frame.event != "error":
            return []
        if data == DONE:
            self.ended = self.closed = True
        if self.closed:
            return []
        *lines, last = data.split("\n")
        if lines and all(is_json(line) for line in lines) and not is_json(data):
            # Some servers leave the blank lines between frames out.
            frames = [*(replace(frame, data=line, is_cut=False) for line in lines), replace(frame, data=last)]
            return [chunk for one in frames for chunk in self.read(one)]
        return [chunk for value in self._values(data, frame) for chunk in self._value(value, frame.event)]

    def _values(self, data: str, frame: Frame) -> list[Any]:
        """Return the JSON of a frame: one value, or those of a list; raises ``ServerError`` or ``Garbled``."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            if frame.event == "error":
                raise ServerError(storable(data)) from None
            if frame.is_cut:
                self.unknown = self.unknown or storable(data)
                return []
            raise Garbled(storable(data)) from None
        return value if isinstance(value, list) else [value]

    def _value(self, value: Any, event: str) -> list[AIMessageChunk]:
        if event == "error" or is_error(value):
            raise ServerError(storable(value), status_in(value))
        choices = (value.get("choices", NOTHING) or []) if isinstance(value, dict) else NOTHING
        if not isinstance(choices, list):
            self.unknown = self.unknown or storable(value if isinstance(value, dict) else str(value))
            return []
        self.begun = True
        own = (one for one in choices if isinstance(one, dict) and one.get("index") in (None, 0))
        return [self._choice(next(own, {}), usage_in(value))]

    def _choice(self, choice: dict[str, Any], usage: UsageMetadata | None) -> AIMessageChunk:
        """Return what a choice says; one with a whole message is all of the answer."""
        delta, message = choice.get("delta"), choice.get("message")
        if not isinstance(delta, dict) and isinstance(message, dict):
            delta, self.ended = message, True
        elif not isinstance(delta, dict):
            delta = {"content": choice.get("text")}
        text, reasoning = self._content(delta.get("content"))
        refusal = delta.get("refusal")
        text += refusal if isinstance(refusal, str) else ""
        named = (delta.get(name) for name in REASONING)
        reasoning += next((said for one in named if (said := words_in(one))), "") or details_in(delta)
        self._name(delta)
        metadata = self._metadata(choice)
        beside = {"reasoning_content": said} if (said := self._reasoning.push(reasoning)) else {}
        text = self._text.push(text)
        return AIMessageChunk(content=text, additional_kwargs=beside, response_metadata=metadata, usage_metadata=usage)

    def _metadata(self, choice: dict[str, Any]) -> dict[str, Any]:
        """Return why the answer ended, if it did, and what is said of its tokens."""
        metadata: dict[str, Any] = {}
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish.strip():
            metadata, self.ended = {"finish_reason": finish.strip(), **self._named()}, True
        return metadata | ({"logprobs": logprobs} if (logprobs := choice.get("logprobs")) else {})

    def _content(self, content: Any) -> tuple[str, str]:
        """Return the text and the reasoning of a message's content; its other parts are named."""
        if content is None or isinstance(content, str):
            return content or "", ""
        if not isinstance(content, list):
            return json.dumps(content, ensure_ascii=False), ""
        text, reasoning = "", ""
        for part in content:
            kind = str(part.get("type", "")) if isinstance(part, dict) else ""
            if "think" in kind or "reason" in kind:
                reasoning += words_in(part)
            elif isinstance(part, str) or words_in(part):
                text += words_in(part)
            else:
                self._others[kind_of(kind)] += 1
        return text, reasoning

    def _name(self, delta: dict[str, Any]) -> None:
        """Note what a message has beside words: calls of tools, pictures, sound."""
        calls = delta.get("tool_calls")
        calls = calls if isinstance(calls, list) else []
        for number, call in enumerate([*calls, {"index": "function", "function": delta.get("function_call")}]):
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict):
                place = call.get("index") if isinstance(call.get("index"), int | str) else number
                name = function.get("name")
                known = self._tools.setdefault(place, "")
                self._tools[place] = name if isinstance(name, str) and name else known
        images = delta.get("images")
        self._others["picture"] += len(images) if isinstance(images, list) else bool(images)
        if isinstance(delta.get("audio"), dict):
            self._others["sound"] = 1

    def rest(self) -> AIMessageChunk:
        """Return what half a character left."""
        reasoning = self._reasoning.flush()
        beside = {"reasoning_content": reasoning} if reasoning else {}
        return AIMessageChunk(content=self._text.flush(), additional_kwargs=beside, response_metadata=self._named())

    def _named(self) -> dict[str, Any]:
        """Return the names of what is neither text nor reasoning, each once."""
        tools = [storable(name)[:NAME_LENGTH] or "?" for name in self._tools.values()]
        others = {kind: count for kind, count in self._others.items() if count}
        self._tools, self._others = {}, Counter()
        return {name: value for name, value in (("tools", tools), ("others", others)) if value}


def is_json(text: str) -> bool:
    """Say whether a text is JSON."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def is_error(value: Any) -> bool:
    """Say whether a frame tells of an error, in one of the ways that servers have for it."""
    if not isinstance(value, dict):
        return False
    if value.get("error") or value.get("errors"):
        return True
    has_words = value.get("detail") or isinstance(value.get("message"), str) or isinstance(value.get("msg"), str)
    return "choices" not in value and bool(has_words or "error" in (value.get("object"), value.get("type")))


def words_in(value: Any) -> str:
    """Return the words of a part of a message: text, or something that holds it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(words_in, value))
    if isinstance(value, dict):
        return next((said for name in HOLDERS if (said := words_in(value.get(name)))), "")
    return ""


def details_in(delta: dict[str, Any]) -> str:
    """Return the reasoning of a message that has it in pieces with details, as OpenRouter's have."""
    details = delta.get("reasoning_details")
    return words_in(details) if isinstance(details, list) else ""


def kind_of(name: str) -> str:
    """Return what a part of a message that is no text is called here."""
    if "image" in name:
        return "picture"
    return "sound" if "audio" in name else storable(name)[:NAME_LENGTH] or "?"


def usage_in(value: dict[str, Any]) -> UsageMetadata | None:
    """Return the tokens that a frame counts, if it does; what is no count is none."""
    groq = value.get("x_groq")
    said = value.get("usage") or (groq.get("usage") if isinstance(groq, dict) else None)
    if not isinstance(said, dict):
        return None
    read, written = (next(filter(None, (count(said.get(name)) for name in names)), 0) for names in COUNTS)
    if not read + written:
        return None
    details = said.get("completion_tokens_details") or said.get("output_tokens_details")
    unseen = count(details.get("reasoning_tokens")) if isinstance(details, dict) else 0
    usage = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
    usage["output_token_details"] = {"reasoning": unseen}
    return usage


def count(value: Any) -> int:
    """Return a number of tokens, 0 for what is none."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < MOST_TOKENS
    return int(value) if is_number else 0


def logprobs_in(said: Any) -> list[dict[str, Any]]:
    """Return the log-probabilities of a choice as OpenAI has them, without entries that are none."""
    content = said.get("content") if isinstance(said, dict) else None
    return [entry for one in (content if isinstance(content, list) else []) if (entry := logprob_in(one, alone=False))]


def logprob_in(said: Any, *, alone: bool) -> dict[str, Any] | None:
    """Return the entry of a token; an alternative stands ``alone``, without further ones."""
    if not isinstance(said, dict) or not isinstance(said.get("token"), str):
        return None
    token, logprob, data = storable(said["token"]), said.get("logprob"), said.get("bytes")
    likelihood = float(logprob) if isinstance(logprob, int | float) and math.isfinite(logprob) else LEAST_LOGPROB
    is_bytes = isinstance(data, list) and all(isinstance(one, int) and 0 <= one < 256 for one in data)
    entry = {
        "token": token,
        "logprob": likelihood,
        "bytes": data if is_bytes else list(token.encode()),
    }
    if alone:
        return entry
    others = said.get("top_logprobs")
    others = others if isinstance(others, list) else []
    return entry | {"top_logprobs": [found for one in others if (found := logprob_in(one, alone=True))]}
