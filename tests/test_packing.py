"""Prompt files out and in again: exact to the byte; whatever a zip holds, one sentence or whole templates."""

import io
import random
import zipfile

import pytest

from prompts.library import parse
from prompts.packing import MAX_FILES, pack, unpack
from prompts.reading import PromptError

SMALL = 'name: Small\nmessages:\n  - role: user\n    content: "Say {{word}}."\n'
LINES = [
    "退款政策是什么？请用中文回答。",
    "a & b < c > d, \"quotes\" and 'more'",
    '{"json": {"deep": [1, 2]}} and ${no} %s {0}',
    "{{word}} {{主题_1}}",
    "tabs\tinside, trailing spaces   ",
    "emoji 🎋 and combining e\u0301",
    "",
    "\\n is no newline; \\ neither",
]


def fifty() -> dict[str, str]:
    """Return 50 files of many lines, with Chinese, signs and every kind of line end."""
    chance = random.Random(4)
    files = {}
    for number in range(50):
        end = ("\n", "\r\n")[number % 2]
        content = [f"    {line}" if line else "" for line in chance.choices(LINES, k=12)]
        head = [f"# 第 {number} 个", f'name: "模板 {number} <&>"', "messages:", "- role: user", "  content: |"]
        body = [*head, *content, f"    {{{{word}}}} ends {number}", ["", "# a last remark"][number % 3 == 0]]
        files[f"chat/模板-{number}"] = end.join(body)
    return files


def zipped(**files: str | bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return target.getvalue()


def test_fifty_files_come_back_as_they_were() -> None:
    files = fifty()
    packed = pack(parse(text, id) for id, text in files.items())
    assert {one.id: one.source for one in unpack("all.zip", packed)} == files
    assert packed == pack(unpack("all.zip", packed)), "the same templates make the same bytes"


def test_a_zip_may_lie_deeper_and_hold_other_things() -> None:
    files = {"repo/prompts/chat/a.prompt.yml": SMALL, "repo/README.md": "Read me.", "repo/prompts/images/": ""}
    assert [one.id for one in unpack("x.zip", zipped(**files))] == ["chat/a"]


def test_a_file_by_itself_says_whose_it_is_or_is_told() -> None:
    named = SMALL + "metadata: {assistant: support}\n"
    assert unpack("refund.prompt.yml", named.encode())[0].id == "support/refund"
    assert unpack("C:\\files\\refund.prompt.yml", named.encode(), "chat")[0].id == "support/refund"
    assert unpack("refund.prompt.yml", SMALL.encode(), "chat")[0].id == "chat/refund"
    with pytest.raises(PromptError, match="does not say which assistant"):
        unpack("refund.prompt.yml", SMALL.encode())


def saying(size: int) -> bytes:
    """Return a zip of a megabyte of zeros that says it unpacks to so many bytes."""
    raw = zipped(**{"chat/a.prompt.yml": b"\0" * 1_000_000})
    return raw.replace((1_000_000).to_bytes(4, "little"), size.to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped(**{"../chat/a.prompt.yml": SMALL}), "x.zip holds ../chat/a.prompt.yml, which leads out of it."),
        (zipped(**{"chat\\..\\..\\a.prompt.yml": SMALL}), "which leads out of it"),
        (zipped(**{"/etc/a.prompt.yml": SMALL}), "which leads out of it"),
        (zipped(**{"C:/chat/a.prompt.yml": SMALL}), "which leads out of it"),
        (zipped(**{"chat/a.prompt.yml": b"\0" * (1 << 20)}), "chat/a.prompt.yml is larger than 256 KB."),
        (zipped(**{f"chat/p{n}.prompt.yml": b" " * 200_000 for n in range(25)}), "unpacks to more than 4 MB"),
        (zipped(**{f"chat/p{n}.prompt.yml": "" for n in range(10_000)}), f"more than {MAX_FILES} prompt files"),
        (zipped(**{f"{n}.txt": "" for n in range(10_000)}), f"more than {MAX_FILES} prompt files"),
        (zipped(**{"a/chat/x.prompt.yml": SMALL, "b/chat/x.prompt.yml": SMALL}), "x.zip holds chat/x twice."),
        (zipped(**{"README.md": "nothing"}), "holds no prompt files"),
        (zipped(), "holds no prompt files"),
        (zipped(**{"x.prompt.yml": SMALL}), "x.prompt.yml does not say which assistant it is for"),
        (zipped(**{"chat/a b.prompt.yml": SMALL, "chat/a-b.prompt.yaml": SMALL}), "x.zip holds chat/a-b twice."),
        (zipped(**{"chat/" + "a" * 81 + ".prompt.yml": SMALL}), "is no name for a prompt"),
        (zipped(**{"chat/a.prompt.yml": SMALL + "colour: red\n"}), "chat/a.prompt.yml, line 5: 'colour' is not a key"),
        (zipped(**{"chat/a.prompt.yml": SMALL.replace("}}", " }}")}), "chat/a.prompt.yml, line 4: {{word }} is not a"),
        (zipped(**{"chat/a.prompt.yml": b"\xff"}), "this is not UTF-8 text"),
        (zipped(**{"chat/a.prompt.yml": SMALL})[:90], "cannot be unpacked"),
        (saying(900), "x.zip cannot be unpacked"),
        (saying(1 << 30), "x.zip unpacks to more than 4 MB."),
        (b"PK\x03\x04 and no more", "cannot be unpacked"),
        (b"", "x.zip is no prompt file"),
        (SMALL.encode(), "x.zip is no prompt file"),
    ],
    ids=range(23),
)
def test_what_is_wrong_with_a_zip_is_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(PromptError) as caught:
        unpack("x.zip", content)
    assert sentence in str(caught.value)


GITHUBS = "messages: [{role: user, content: 'Sum up {{input}}'}]\nmodel: openai/gpt-4o\nname:\ndescription: ''\n"


def test_githubs_files_come_in_by_their_names() -> None:
    [one] = unpack("Text Summarizer.v2.prompt.yaml", GITHUBS.encode(), "chat")
    assert (one.id, one.name, one.source) == ("chat/Text-Summarizer-v2", "Text-Summarizer-v2", GITHUBS)
    files = {"repo/.github/prompts/a.prompt.yml": GITHUBS, "b.prompt.yaml": GITHUBS, "repo/support/c.prompt.yml": SMALL}
    found = unpack("x.zip", zipped(**files), "writing", ("chat", "support", "writing"))
    assert [template.id for template in found] == ["writing/a", "writing/b", "support/c"]
    with pytest.raises(PromptError, match=r"prompts/a.prompt.yml does not say which assistant it is for"):
        unpack("x.zip", zipped(**files), None, ("chat", "support"))


def test_a_zip_with_one_name_twice_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("chat/a.prompt.yml", SMALL)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("chat/a.prompt.yml", SMALL + "# other\n")
    with pytest.raises(PromptError, match="holds chat/a twice"):
        unpack("x.zip", target.getvalue())
