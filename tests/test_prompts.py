"""The prompt library at its public door: files in, templates or one clear sentence out."""

import json
import random
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from prompts.library import MAX_FILLED, Library, Template, parse, plain
from prompts.reading import MAX_BYTES, MAX_DEPTH, MAX_PARTS, PromptError

PROMPTS = Path(__file__).parent.parent / "prompts"
SHIPPED = Library(PROMPTS)

SMALL = """\
name: Small
messages:
  - role: user
    content: "Say {{word}}."
"""
FULL = """\
name: Full
description: Everything a file may say
model: openai/gpt-4o-mini
modelParameters:
  maxTokens: 100
  temperature: 0.5
  topP: 1
messages:
  - role: system
    content: You know {{topic}}.
  - role: user
    content: One?
  - role: assistant
    content: "1"
  - role: user
    content: |
      About {{topic}} & <{{question}}>:
      {"json": {"stays": 1}}
testData:
  - topic: 2026-01-31
    question: no
    expected: 12:30
evaluators:
  - name: begins
    string: {startsWith: A, endsWith: Z, contains: M, equals: AMZ}
  - name: judged
    llm:
      modelId: openai/gpt-4o
      prompt: "Good? {{completion}}"
      choices: [{choice: "yes", score: 1}, {choice: "no", score: 0.5}]
      systemPrompt: You judge.
  - name: similar
    uses: github/similarity
responseFormat: json_schema
jsonSchema: |-
  {"name": "answer", "schema": {"type": "object"}}
metadata:
  tags: [a, b]
  language: en
  assistant: chat
"""


def library(folder: Path, **files: str | bytes) -> Library:
    (folder / "chat").mkdir(exist_ok=True)
    for name, text in files.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (folder / "chat" / f"{name}.prompt.yml").write_bytes(raw)
    return Library(folder)


def render(text: str, **values: str) -> list[tuple[str, str]]:
    return Library.render(parse(text, "chat/small"), values)


def test_a_whole_file_is_read_as_it_stands() -> None:
    template = parse(FULL, "chat/full")
    assert (template.name, template.model, template.response_format) == ("Full", "openai/gpt-4o-mini", "json_schema")
    parameters = template.model_parameters
    assert (parameters.max_tokens, parameters.temperature, parameters.top_p) == (100, 0.5, 1.0)
    assert template.variables == ("topic", "question")
    assert template.json_schema == {"name": "answer", "schema": {"type": "object"}}
    assert [evaluator.name for evaluator in template.evaluators] == ["begins", "judged", "similar"]
    assert template.evaluators[0].string.starts_with == "A"
    assert template.evaluators[1].llm.choices[1].score == 0.5
    assert (template.metadata.tags, template.metadata.language) == (("a", "b"), "en")


def test_what_looks_like_text_stays_text() -> None:
    assert parse(FULL, "chat/full").test_data == ({"topic": "2026-01-31", "question": "no", "expected": "12:30"},)


def test_a_file_without_a_name_is_called_as_it_is_filed() -> None:
    for name in ("", "name:\n", "name: ''\n", "name: ~\ndescription:\nmodelParameters:\ntestData:\nevaluators: ~\n"):
        assert parse(f"{name}messages: [{{role: user, content: hi}}]\n", "chat/greeting").name == "greeting"


@pytest.mark.parametrize(
    ("end", "schema"),
    [
        ("responseFormat: json_object\n", {"type": "object"}),
        ('responseFormat: json_schema\njsonSchema: \'{"type": "array"}\'\n', {"type": "array"}),
        ('responseFormat: json_schema\njsonSchema: \'{"name": "n", "schema": {"type": "null"}}\'\n', {"type": "null"}),
        ("responseFormat: text\n", None),
        ("", None),
    ],
)
def test_a_file_says_what_an_answer_is_like(end: str, schema: dict[str, Any] | None) -> None:
    assert parse(SMALL + end, "chat/small").answer_schema == schema


def test_a_string_evaluator_looks_at_letters_as_githubs_tool_does() -> None:
    evaluators = parse(
        SMALL + "evaluators: [{name: a, string: {startsWith: Sum, contains: '{', endsWith: END}}]\n", "chat/x"
    )
    check = evaluators.evaluators[0].string
    assert check.passes("SUMMARY {} end") and not check.passes("A sum { end")


def test_examples_are_messages_before_the_last_one() -> None:
    assert render(FULL, topic="sums", question="Two?") == [
        ("system", "You know sums."),
        ("user", "One?"),
        ("assistant", "1"),
        ("user", 'About sums & <Two?>:\n{"json": {"stays": 1}}\n'),
    ]


def test_a_value_is_put_in_once_and_never_read_again() -> None:
    text = SMALL.replace("{{word}}", "{{word}}, {{other}} and {{word}}")
    said = render(text, word=r"{{other}} \1 {0} $x & <b>", other="{{word}}")
    assert said == [("user", r"Say {{other}} \1 {0} $x & <b>, {{word}} and {{other}} \1 {0} $x & <b>.")]


def test_names_may_be_in_any_script() -> None:
    assert render(SMALL.replace("word", "主题_1"), 主题_1="春天") == [("user", "Say 春天.")]


def test_all_missing_names_come_in_one_error() -> None:
    text = SMALL.replace("{{word}}", "{{one}} {{two}} {{three}}")
    with pytest.raises(PromptError, match=r"^chat/small needs a value for: one, three.$"):
        render(text, two="2")


def test_all_unknown_names_come_in_one_error() -> None:
    with pytest.raises(PromptError, match=r"^chat/small has no variable named: other, third.$"):
        render(SMALL, word="hi", other="x", third="y")


def test_an_error_can_be_translated() -> None:
    with pytest.raises(PromptError) as caught:
        parse("name: x\nmessages: []\ncolour: red\n", "chat/small")
    error = caught.value
    assert str(error) == error.template.format(**error.values)
    assert error.values["file"] == "chat/small.prompt.yml"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (SMALL + "colour: red\n", 5, "'colour' is not a key of prompt files"),
        (SMALL + "id: mine\n", 5, "'id' is not a key of prompt files"),
        (SMALL + "model_parameters: {}\n", 5, "'model_parameters' is not a key"),
        (SMALL + "metadata:\n  tags: []\n  author: me\n", 7, "'metadata.author' is not a key"),
        (SMALL.replace("    content", "    name: x\n    content"), 4, "'messages.0.name' is not a key"),
        (SMALL + "evaluators:\n- name: a\n- {name: b,\n   regex: c}\n", 8, "'evaluators.1.regex' is not a key"),
        (SMALL + "name: Again\n", 5, "'name' stands here a second time"),
        (SMALL + "testData:\n- a: 1\n  b: 2\n  a: 3\n", 8, "'a' stands here a second time"),
        ("name: x\n\nmessages:\n- content: hi\n", 4, "'messages.0.role' is missing"),
        ("name: x\n", 1, "'messages' is missing"),
        ("name: x\nmessages: []\n", 2, "'messages' does not fit"),
        ("name: x\nmessages: hi\n", 2, "'messages' does not fit"),
        (SMALL.replace("Small", "12"), 1, "'name' does not fit: .*string"),
        (SMALL + "evaluators:\n- name: a\n- name: b\n  string: {contains: b}\n", 6, "evaluator a checks nothing"),
        (SMALL + "evaluators:\n- {name: a, string: {contains: ''}}\n", 6, "evaluator a checks nothing"),
        (SMALL + "evaluators:\n- {name: a, string: {}}\n", 6, "evaluator a checks nothing"),
        (
            SMALL + "evaluators:\n- {name: a, llm: {modelId: m, prompt: p, choices: []}}\n",
            6,
            "evaluator a checks nothing",
        ),
        (SMALL + "responseFormat: json_schema\n", 5, "'jsonSchema' is missing"),
        (SMALL + "jsonSchema: '{}'\n", 5, "'jsonSchema' goes with responseFormat: json_schema only"),
        (SMALL + "responseFormat: text\njsonSchema: '{}'\n", 6, "'jsonSchema' goes with responseFormat"),
        (SMALL + "responseFormat: json_schema\njsonSchema: '[1]'\n", 6, "'jsonSchema' does not fit"),
        (SMALL + "responseFormat: json_schema\njsonSchema: {type: object}\n", 6, "'jsonSchema' does not fit"),
        (SMALL + "colour:\n", 5, "'colour' is not a key of prompt files"),
        ("name: x\nmessages:\n", 2, "'messages' does not fit"),
        (SMALL.replace("role: user", "role: robot"), 3, "'messages.0.role' does not fit: .*'user'"),
        (SMALL.replace('"Say {{word}}."', "[a, b]"), 4, "'messages.0.content' does not fit: .*string"),
        (SMALL.replace('"Say {{word}}."', '""'), 4, "'messages.0.content' does not fit"),
        (SMALL + "modelParameters:\n  temperature: hot\n", 6, "'modelParameters.temperature' does not fit"),
        (SMALL + "modelParameters:\n  temperature: true\n", 6, "'modelParameters.temperature' does not fit"),
        (SMALL + "modelParameters:\n  maxTokens: 0\n", 6, "'modelParameters.maxTokens' does not fit"),
        (SMALL + "jsonSchema: '{'\n", 5, "'jsonSchema' does not fit: Invalid JSON"),
        (SMALL + "responseFormat: xml\n", 5, "'responseFormat' does not fit"),
        (SMALL + "metadata: {language: English}\n", 5, "'metadata.language' does not fit"),
        (SMALL + "metadata:\n  assistant: writing\n", 6, "the folder's name, chat"),
        (SMALL + "12: x\n", 5, "a key must be text"),
        (SMALL + "? [a, b]\n: x\n", 5, "a key must be text"),
        ("- a list\n", 1, "this file must be a map"),
        ("\n\njust words\n", 3, "this file must be a map"),
        (SMALL + "model: [\n", 6, "this is not YAML"),
        (SMALL + "\tmodel: x\n", 5, "this is not YAML"),
        (SMALL + "---\nname: second\n", 5, "this is not YAML"),
        (SMALL + "model: \x00\n", 5, "this is not YAML"),
        (SMALL + 'model: "\\U00110000"\n', 5, "this is not YAML"),
        (SMALL + 'model: "\\ud800"\n', 5, "surrogate"),
        (SMALL + 'model: "a\\0b"\n', 5, "NUL"),
        (SMALL + "model: &a x\n", 5, "anchors, aliases and tags"),
        (SMALL + "model: *a\n", 5, "anchors, aliases and tags"),
        (SMALL + "model: !!python/object:os.system ls\n", 5, "anchors, aliases and tags"),
        (SMALL + "testData: [" + "[" * MAX_DEPTH, 5, f"more than {MAX_DEPTH} levels"),
        ("[" * 100_000, 1, f"more than {MAX_DEPTH} levels"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(PromptError, match=rf"^chat/small\.prompt\.yml, line {line}: .*{words}"):
        parse(text, "chat/small")


@pytest.mark.parametrize(
    "text",
    [
        "a: [" + "1," * 120_000,
        "a: [" + "[]," * 80_000,
        "".join(f"k{number}: 1\n" for number in range(24_000)),
        "- a\n" * 60_000,
    ],
)
def test_what_has_too_many_parts_is_not_read_to_its_end(text: str) -> None:
    with pytest.raises(PromptError, match=f"more than {MAX_PARTS} parts"):
        parse(text, "chat/small")


def test_values_that_come_to_too_much_are_not_put_in() -> None:
    template = parse(SMALL.replace("{{word}}", "{{word}}" * 1000), "chat/small")
    with pytest.raises(PromptError, match=f"more than {MAX_FILLED} characters"):
        Library.render(template, {"word": "x" * MAX_FILLED})
    assert len(Library.render(template, {"word": "x" * 100})[0][1]) == 100_005


def test_a_template_is_the_same_after_a_way_as_plain_data() -> None:
    for template in [parse(FULL, "chat/full"), *SHIPPED.list()]:
        assert Template.model_validate(json.loads(json.dumps(plain(template)))) == template


@pytest.mark.parametrize(
    "wrong",
    ["{{ word }}", "{{}}", "{{{word}}}", "{{#each}}", "{{a.b}}", "{{1st}}", "{{a b}}", "{{word|upper}}", "{{a-b}}"],
)
def test_any_other_braces_are_an_error_with_line_and_text(wrong: str) -> None:
    text = SMALL.replace('"Say {{word}}."', f"|\n      {{{{fine}}}}\n\n      and {wrong} here\n")
    with pytest.raises(PromptError) as caught:
        parse(text, "chat/small")
    assert caught.value.values["line"] == 7
    assert caught.value.values["text"] in wrong
    assert "is not a variable" in str(caught.value)


def test_braces_over_several_lines_are_shown_in_one() -> None:
    text = SMALL.replace('"Say {{word}}."', "|\n      {{one\n      two}}\n")
    with pytest.raises(PromptError, match=r"line 5: \{\{one two\}\} is not a variable"):
        parse(text, "chat/small")


@pytest.mark.parametrize("plain", ["{word}", "{{", "}}", "a {{ b", '{"a": {"b": {}}}', "${word}", "%s"])
def test_what_is_no_pair_of_double_braces_is_plain_text(plain: str) -> None:
    text = SMALL.replace('"Say {{word}}."', f"|-\n      {plain}\n")
    assert render(text) == [("user", plain)]


@pytest.mark.parametrize(
    ("roles", "line"),
    [
        (["system"], 2),
        (["user", "assistant"], 2),
        (["user", "user"], 4),
        (["assistant", "user"], 3),
        (["user", "system", "user"], 4),
    ],
)
def test_examples_must_be_pairs_before_the_last_user_message(roles: list[str], line: int) -> None:
    messages = "".join(f"- {{role: {role}, content: hi}}\n" for role in roles)
    with pytest.raises(PromptError, match=f"line {line}: the (role|last message)"):
        parse(f"name: x\nmessages:\n{messages}", "chat/small")


def test_the_library_lists_by_assistant_and_language(tmp_path: Path) -> None:
    texts = {name: SMALL + f"metadata: {{language: {name[:2]}}}\n" for name in ("en-b", "en-a", "zh-a")}
    (tmp_path / "chatter").mkdir()
    (tmp_path / "chatter" / "en.prompt.yml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "notes.prompt.yml").write_text("not a template: it is in no assistant's folder", encoding="utf-8")
    shelf = library(tmp_path, any=SMALL, **texts)

    def ids(*wanted: str) -> list[str]:
        return [template.id for template in shelf.list(*wanted)]

    assert ids("chat") == ["chat/any", "chat/en-a", "chat/en-b", "chat/zh-a"]
    assert ids("chat", "zh") == ["chat/any", "chat/zh-a"]
    assert ids("chatter") == ["chatter/en"]
    assert ids("nothing") == []
    assert shelf.get("chat/en-a").name == "Small"


@pytest.mark.parametrize("id", ["chat/absent", "", "../secret", "chat/any.prompt.yml", "/etc/passwd"])
def test_an_unknown_template_is_an_error(tmp_path: Path, id: str) -> None:
    with pytest.raises(PromptError, match="no prompt template"):
        library(tmp_path, any=SMALL).get(id)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "chat/odd.prompt.yml is empty."),
        (b" \r\n\n# nothing but a remark\n", "chat/odd.prompt.yml is empty."),
        (b"\xef\xbb\xbf", "chat/odd.prompt.yml is empty."),
        (b"name: x\nmodel: \xff\n", "chat/odd.prompt.yml, line 2: this is not UTF-8 text."),
        (SMALL.encode("utf-16"), "chat/odd.prompt.yml, line 1: this is not UTF-8 text."),
        (b"#" * (MAX_BYTES + 1), "chat/odd.prompt.yml is larger than 256 KB."),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_one_sentence(tmp_path: Path, raw: bytes, sentence: str) -> None:
    with pytest.raises(PromptError) as caught:
        library(tmp_path, odd=raw)
    assert str(caught.value) == sentence


def test_a_file_that_cannot_be_opened_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "chat" / "odd.prompt.yml").mkdir(parents=True)
    with pytest.raises(PromptError, match=r"^chat/odd\.prompt\.yml cannot be read: "):
        Library(tmp_path)


@pytest.mark.parametrize("change", [lambda raw: b"\xef\xbb\xbf" + raw, lambda raw: raw.replace(b"\n", b"\r\n")])
def test_marks_of_other_systems_change_nothing_but_the_exact_text(tmp_path: Path, change) -> None:
    plain = library(tmp_path, small=SMALL).get("chat/small")
    other = library(tmp_path, small=change(SMALL.encode())).get("chat/small")
    assert Library.render(other, {"word": "hi"}) == Library.render(plain, {"word": "hi"})
    assert other.source.encode() == change(SMALL.encode())
    assert other.version != plain.version


def test_the_exact_text_is_kept_and_versioned(tmp_path: Path) -> None:
    text = dedent("""\
        # a remark, and 'quotes' as they were
        name:   'Odd'   # kept
        messages: [{role: user, content: "退款 {{word}}"}]
        """)
    shelf = library(tmp_path, one=text, two=text, three=text + "\n")
    one, two, three = (shelf.get(f"chat/{name}") for name in ("one", "two", "three"))
    assert one.source == text
    assert one.version == two.version != three.version
    assert len(one.version) == 12


def test_a_library_and_its_templates_do_not_change(tmp_path: Path) -> None:
    shelf = library(tmp_path, small=SMALL)
    (tmp_path / "chat" / "small.prompt.yml").unlink()
    with pytest.raises(ValueError, match="frozen"):
        shelf.get("chat/small").name = "Other"
    assert shelf.get("chat/small").name == "Small"


def test_damaged_files_are_read_or_refused_but_never_crash() -> None:
    source, chance = FULL, random.Random(20260131)
    letters = "\n\t \"'{}[]:,&*!|>%@`#-?\\\0\ud800\u2028é退" + "aeiU01"
    for _ in range(1500):
        damaged = list(source)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randint(0, 3)] = chance.choice(letters)
        try:
            assert parse("".join(damaged), "chat/damaged").messages
        except PromptError as error:
            assert "chat/damaged" in str(error)


@pytest.mark.parametrize("template", SHIPPED.list("chat"), ids=lambda template: template.id)
def test_the_templates_of_the_chat_are_system_prompts(template: Template) -> None:
    assert [message.role for message in template.messages] == ["system", "user"]
    assert template.messages[-1].content == "{{message}}"
    assert template.metadata.assistant == "chat"
    assert template.metadata.tags
    assert template.description
    assert len(template.messages[0].content) < 300, "the starter model is small: a long system prompt confuses it"
    assert template.test_data
    assert all(set(case) == {*template.variables, "expected"} for case in template.test_data)
    assert template.evaluators


def test_every_language_of_the_page_has_a_chat_template() -> None:
    languages = {template.metadata.language for template in SHIPPED.list("chat")}
    assert languages >= {"en", "zh"}
