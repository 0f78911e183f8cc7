"""An answer as it comes: its text without its reasoning, what it has beside words, and how it ended.

Knows what servers and libraries call the end of an answer; knows nothing about how it comes.
"""

from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.messages.ai import UsageMetadata

from assistants.engines.reasoning import Splitter, chunk_of
from assistants.engines.remote.faults import shortened
from assistants.engines.remote.reading import kind_of, logprobs_in, words_in
from assistants.engines.stopping import Alongside
from assistants.storable import Deltas, storable

# What providers call the reasons that OpenAI has names for; any other goes by its own.
REASONS = {
    "stop": {"stop", "end_turn", "stop_sequence", "eos", "eos_token", "end_of_text", "complete", "completed", "end"},
    "length": {
        "length", "max_tokens", "max_output_tokens", "max_length", "model_length", "model_context_window_exceeded",
    },
    "content_filter": {
        "content_filter", "content_filtered", "safety", "refusal", "recitation", "blocklist", "prohibited_content",
        "spii", "image_safety", "error_toxic", "guardrail_intervened", "sensitive",
    },
    "tool_calls": {"tool_calls", "tool_call", "tool_use", "function_call"},
}  # fmt: skip
NAMES = {other: name for name, others in REASONS.items() for other in others}
LONGEST_REASON = 40

NOTHING = "The model answered with nothing. Ask again or in other words."
USED_UP = "{model} used up its tokens before its first word. Allow it more."
FILTERED = "{connection} ended this answer: its content filter stepped in."
ENDED = "{connection} ended this answer early. The reason it gives is “{reason}”."
TOOLS = "{connection} answered with a call of {names}, but the studio calls no tools."
KINDS = {
    "picture": "{connection} sent pictures ({count}), which can't be shown here.",
    "sound": "{connection} sent sound, which can't be played here.",
}
OTHERS = "{connection} sent something of the kind {kind}, which can't be shown here."

Note = dict[str, Any]


class Answer:
    """What has come of an answer so far.

    ``begins_reasoning`` says whether its text begins within its reasoning, as far as it is known.
    """

    def __init__(self, connection: str, model: str, begins_reasoning: bool | None) -> None:
        self.begins_reasoning = begins_reasoning
        self.has_text = self.has_reasoning = self.has_logprobs = False
        self.reason = "stop"
        self._connection, self._model = connection, model
        self._splitter, self._tokens = Splitter(begins_reasoning), Alongside()
        self._text, self._reasoning = Deltas(), Deltas()
        # What a text that was taken for reasoning without a tag says.
        self._guessed: list[str] = []
        self._tools: list[str] = []
        self._others: dict[str, int] = {}
        self._read = self._written = self._unseen = 0

    def take(self, chunk: AIMessageChunk) -> AIMessageChunk:
        """Note what ``chunk`` tells; return what is to be passed on of it."""
        self.reason = reason(chunk) or self.reason
        # Some count once, some as they go, some each half at its time: the most is the whole.
        if usage := chunk.usage_metadata:
            self._read = max(self._read, usage.get("input_tokens", 0))
            self._written = max(self._written, usage.get("output_tokens", 0))
            self._unseen = max(self._unseen, usage.get("output_token_details", {}).get("reasoning", 0))
        entries = logprobs_in(chunk.response_metadata.get("logprobs"))
        self._tokens.push(entries)
        self._name(chunk)
        apart = self._reasoning.push(reasoning_in(chunk))
        if apart and self.begins_reasoning is not False:
            # The server tells it apart itself.
            self.begins_reasoning = False
            self._splitter.begin_answer()
        kept = chunk_of(self._splitter.push(self._text.push(str(chunk.text))), self._tokens)
        return self._noted(kept, apart)

    def _noted(self, kept: AIMessageChunk, apart: str = "") -> AIMessageChunk:
        own = kept.additional_kwargs.get("reasoning_content", "")
        if kept.response_metadata.get("retracted"):
            self.begins_reasoning, self.has_text = True, False
        elif self.begins_reasoning and not self.has_text:
            self._guessed.append(own)
        if apart:
            kept.additional_kwargs["reasoning_content"] = apart + own
        self.has_text = self.has_text or bool(kept.text)
        self.has_reasoning = self.has_reasoning or bool((apart + own).strip())
        self.has_logprobs = self.has_logprobs or "logprobs" in kept.response_metadata
        return kept

    def _name(self, chunk: AIMessageChunk) -> None:
        """Note what there is beside words."""
        metadata, blocks = chunk.response_metadata, chunk.content if isinstance(chunk.content, list) else []
        self._tools += metadata.get("tools") or [call["name"] for call in chunk.tool_call_chunks if call["name"]]
        kinds = dict(metadata.get("others") or {})
        for kind in (str(block.get("type", "")) for block in blocks if isinstance(block, dict)):
            if kind and "text" not in kind and not is_reasoning(kind) and "tool" not in kind:
                kinds[kind_of(kind)] = kinds.get(kind_of(kind), 0) + 1
        for kind, count in kinds.items():
            self._others[kind] = self._others.get(kind, 0) + count

    def rest(self, *, is_whole: bool) -> AIMessageChunk:
        """Return what is left once nothing more comes; what was only guessed to be reasoning is the answer.

        ``is_whole`` says that it came to its own end.
        """
        pieces = self._splitter.push(self._text.flush()) + self._splitter.flush(is_whole=is_whole)
        kept = self._noted(chunk_of(pieces, self._tokens, is_last=True), self._reasoning.flush())
        if self.begins_reasoning and self._splitter.is_unclosed and is_whole:
            kept = self._noted(AIMessageChunk(content="".join(self._guessed)))
            self.begins_reasoning = False
        elif self.begins_reasoning is None and self.has_text:
            self.begins_reasoning = False
        return kept

    def last(self) -> AIMessageChunk:
        """Return the last chunk."""
        metadata = {"finish_reason": self.reason, "model_name": self._model, "notes": self.notes}
        usage = None
        if total := self._read + self._written:
            usage = UsageMetadata(input_tokens=self._read, output_tokens=self._written, total_tokens=total)
            if self._unseen:
                usage["output_token_details"] = {"reasoning": self._unseen}
        return AIMessageChunk(content="", usage_metadata=usage, response_metadata=metadata, chunk_position="last")

    @property
    def notes(self) -> list[Note]:
        """What whoever reads the answer has to know of how it ended and of what is not shown of it, as sentences."""
        found: list[Note] = []
        if self.reason == "content_filter":
            found.append(self._note(FILTERED))
        elif self.reason not in REASONS:
            found.append(self._note(ENDED, reason=self.reason))
        if self._tools or self.reason == "tool_calls":
            found.append(self._note(TOOLS, names=", ".join(dict.fromkeys(self._tools)) or "?"))
        for kind, count in self._others.items():
            values = {"count": count} if kind in KINDS else {"kind": kind}
            found.append(self._note(KINDS.get(kind, OTHERS), **values))
        return found

    def _note(self, template: str, /, **values: Any) -> Note:
        return {"template": template, "values": {"connection": self._connection, **values}}

    @property
    def lack(self) -> Note | None:
        """Why there is nothing to read in it, if that is so and nobody says so otherwise."""
        if self.has_text or self.has_reasoning or self.reason not in ("stop", "length", "tool_calls"):
            return None
        if notes := self.notes:
            return notes[0]
        return {"template": USED_UP if self.reason == "length" else NOTHING, "values": {"model": self._model}}


def is_reasoning(kind: str) -> bool:
    """Say whether a part of a message is reasoning, by its type."""
    return "think" in kind or "reason" in kind


def reasoning_in(chunk: AIMessageChunk) -> str:
    """Return the reasoning of a chunk that has it apart from its text."""
    if said := words_in(chunk.additional_kwargs.get("reasoning_content")):
        return said
    blocks = chunk.content if isinstance(chunk.content, list) else []
    return "".join(words_in(one) for one in blocks if isinstance(one, dict) and is_reasoning(str(one.get("type", ""))))


def reason(chunk: AIMessageChunk) -> str | None:
    """Return why the answer ended, if this chunk says so: in OpenAI's words if it has one for it, else the server's."""
    metadata = chunk.response_metadata
    said = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    if not said:
        return None
    # Some libraries give an enumeration: FinishReason.MAX_TOKENS.
    own = str(said).rpartition(".")[2].strip()
    return NAMES.get(own.lower()) or shortened(storable(own), None)[:LONGEST_REASON] or None


def says_something(chunk: AIMessageChunk) -> bool:
    """Say whether a chunk has a word of the answer or of the reasoning."""
    return bool(chunk.text or reasoning_in(chunk))


def is_more_than_life(chunk: AIMessageChunk) -> bool:
    """Say whether a chunk says anything at all, and not only that the server is there."""
    return says_something(chunk) or bool(chunk.response_metadata or chunk.usage_metadata or chunk.tool_call_chunks)
