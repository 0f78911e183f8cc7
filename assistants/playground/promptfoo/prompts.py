"""The prompts of a suite: texts and files of texts, or of messages."""

from collections.abc import Iterator
from typing import Any

from assistants.errors import InvalidInput
from assistants.playground.promptfoo.reader import DATA, FILE, Place, Reader
from assistants.playground.promptfoo.writing import plain
from assistants.playground.yaml12 import read_yaml

SEPARATOR = "---"
KNOWN = {"raw", "id", "label"}
KNOWN_OF_MESSAGE = {"role", "content"}
TEXTS = (".txt", ".md", ".j2")
# What one word that ends so is: a file.
FILES = (*DATA, *TEXTS, ".jsonl", ".csv", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".py")
# Around what a row's test puts before and behind the prompt.
PREFIX, SUFFIX = "__prefix", "__suffix"

Data = dict[str, Any]


def read_prompts(said: Any, reader: Reader, place: Place) -> list[Data]:
    """Return the prompts as requests have them, each with a name of its own."""
    prompts: list[Data] = []
    if isinstance(said, dict):
        listed = [(place.at(raw), {"raw": raw, "label": label}) for raw, label in said.items()]
    else:
        listed = [(place.at(number), one) for number, one in enumerate(said if isinstance(said, list) else [said])]
    for where, one in listed:
        prompts += _prompts(one, reader, where)
    names: dict[str, int] = {}
    for prompt in prompts:
        names[prompt["name"]] = count = names.get(prompt["name"], 0) + 1
        if count > 1:
            prompt["name"] = f"{prompt['name'][:70]} ({count})"
    return prompts


def _prompts(prompt: Any, reader: Reader, place: Place) -> Iterator[Data]:
    label = ""
    if isinstance(prompt, dict):
        reader.refuse_others(place, prompt, KNOWN, "prompt option")
        label, prompt = prompt.get("label") or "", prompt.get("raw") or prompt.get("id")
    if not isinstance(prompt, str) or not isinstance(label, str):
        reader.refuse(place, "a prompt that is no text")
        return
    for text, messages in _pieces(prompt, reader, place):
        yield {"name": " ".join((label or text).split())[:80], "messages": [*_checked(messages, reader, place)]}


def _pieces(prompt: str, reader: Reader, place: Place) -> Iterator[tuple[str, list[Any]]]:
    """Yield each prompt of a text or a file, and its messages."""
    ends = prompt.rpartition(".")[1] + prompt.rpartition(".")[2].lower()
    if not (prompt.startswith(FILE) or (" " not in prompt and "\n" not in prompt and (ends in FILES or "*" in prompt))):
        messages = _in_text(prompt)
        yield prompt, messages if messages is not None else [{"role": "user", "content": prompt}]
    elif ends in DATA:
        text = reader.text(prompt)
        messages = _messages(read_yaml(text, prompt.removeprefix(FILE)))
        if messages is None:
            reader.refuse(place, f"prompt {prompt}, which is no list of messages")
        yield text, messages or []
    elif ends in TEXTS and "*" not in prompt:
        for text in map(str.strip, _split(reader.text(prompt)) if ends == ".txt" else [reader.text(prompt)]):
            if text:
                yield text, _in_text(text) or [{"role": "user", "content": text}]
    else:
        reader.refuse(place, f"prompt {prompt}")


def _split(text: str) -> Iterator[str]:
    piece: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.rstrip() == SEPARATOR:
            yield "".join(piece)
            piece = []
        else:
            piece.append(line)
    yield "".join(piece)


def _in_text(text: str) -> list[Any] | None:
    """Return the messages that a text is as JSON or YAML."""
    if not text.lstrip().startswith(("[", "- role:")):
        return None
    try:
        return _messages(read_yaml(text, "prompts"))
    except InvalidInput:
        return None


def _messages(data: Any) -> list[Any] | None:
    is_messages = isinstance(data, list) and data and all(isinstance(one, dict) and "role" in one for one in data)
    return data if is_messages else None


def _checked(messages: list[Any], reader: Reader, place: Place) -> Iterator[Data]:
    for message in messages:
        reader.refuse_others(place, message, KNOWN_OF_MESSAGE, "message option")
        role, content = message["role"], message.get("content")
        if role not in ("system", "user", "assistant") or not isinstance(content, str):
            reader.refuse(place, f"a message of {role}" if isinstance(content, str) else "a message that is no text")
            continue
        text, logic = plain(content)
        if logic:
            reader.refuse(place, f"template logic {logic}")
        yield {"role": role, "content": text}


def framed(prompts: list[Data], reader: Reader, place: Place) -> list[Data]:
    """Return the prompts with room for what tests put before and behind them."""
    if any(len(prompt["messages"]) > 1 for prompt in prompts):
        reader.refuse(place, "a prefix or suffix around a prompt of several messages")
    return [
        prompt
        | {
            "messages": [
                one | {"content": f"{{{{{PREFIX}}}}}{one['content']}{{{{{SUFFIX}}}}}"} for one in prompt["messages"]
            ]
        }
        for prompt in prompts
    ]
