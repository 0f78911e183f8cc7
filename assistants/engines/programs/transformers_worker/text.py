"""Messages to tokens, and tokens to text.

Knows the tokenizer of a model and its chat template; knows nothing about the model.
"""

import re
import secrets
from functools import partial
from typing import Any

from chat_template import LAST_TOKENS, REASONS, THINKS, Messages, begin, disarmed, joined, render

# A character has at most four bytes, so that many tokens may be waiting for the last of them.
CHARACTER = 4
BROKEN = "\ufffd"


class Prompts:
    """Turns messages into token ids: by the model's chat template, or as they are for a model that has none."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        control = [token.content for token in tokenizer.added_tokens_decoder.values() if token.special]
        longest_first = sorted(filter(None, control), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        # Nobody can write it, for nobody knows it.
        self._seam = secrets.token_hex(16)

    @property
    def is_base(self) -> bool:
        """Whether the model only goes on with a text."""
        return not self._tokenizer.chat_template

    def encode(self, messages: list[dict[str, str]], raw: bool = False, thinks: bool = False) -> list[int]:
        """Return the ids; an assistant's message at the end stays open, so that the model goes on with it.

        ``thinks``: it is to reason first, where the template leaves that open. Control tokens that somebody wrote are
        read as the letters that they are made of, but for a ``raw`` prompt.
        Raises ``Refused``.
        """
        if raw or self.is_base:
            text = "\n".join(message["content"] for message in messages)
            return self._tokenizer(text, split_special_tokens=not raw).input_ids or [self._tokenizer.eos_token_id]
        plain = [{**one, "content": disarmed(one["content"], self._pattern, self._seam)} for one in messages]
        messages = joined(plain)
        reply = messages.pop()["content"] if messages[-1]["role"] == "assistant" else None
        text = begin(render(partial(self.apply, thinks=thinks), messages), reply)
        return [token for part in text.split(self._seam) for token in self.encode_text(part)]

    def reasons(self, ids: list[int]) -> bool:
        """Say whether the reply to a prompt begins with what the model thinks."""
        text = self._tokenizer.decode(ids[-LAST_TOKENS:], skip_special_tokens=False)
        return REASONS.search(text) is not None

    def encode_text(self, text: str) -> list[int]:
        """Return the ids of a text that goes on from another."""
        return self._tokenizer(text, add_special_tokens=False).input_ids

    def apply(self, messages: Messages, thinks: bool = False) -> str:
        """Return what the chat template makes of messages; raises what it raises."""
        told = {"tokenize": False, "add_generation_prompt": True, THINKS: thinks}
        return self._tokenizer.apply_chat_template(messages, **told)


class Text:
    """Turns ids that come one at a time into text, whole characters only; bytes that are no text are left out."""

    def __init__(self, tokenizer: Any, prompt: list[int]) -> None:
        self._tokenizer = tokenizer
        # How a token is spelt may depend on those before it.
        self._ids = prompt[-CHARACTER:]
        self._start, self._said = 0, len(self._ids)

    def push(self, token: int) -> str:
        """Return the text that ``token`` completes."""
        self._ids.append(token)
        before, text = self._decode(self._said), self._decode(len(self._ids))
        end = len(self._ids)
        if text.endswith(BROKEN):
            if end - self._said < CHARACTER:
                return ""
            # The first that waits waits in vain; the others may still begin a character.
            end = self._said + 1
            text = self._decode(end)
        self._start, self._said = self._said, end
        return text[len(before) :].replace(BROKEN, "")

    def _decode(self, end: int) -> str:
        ids = self._ids[self._start : end]
        return self._tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)
