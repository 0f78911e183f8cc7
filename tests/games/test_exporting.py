"""Exports: opened by the programs that they are for, or read by a grammar of their own, with hostile names in them."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytmx

from assistants import provenance
from assistants.games import structure, tiles
from assistants.games.content import KINDS, Document
from assistants.games.exporting import FORMS, export

HOSTILE = "x \"q\" 's' <b>&amp;</b> {a} [b] ~c *d -> e === f // g # h | i \\ j << if k >>\nnext\t=1+1 ${l} 雾"


def hostile(language: str = "en") -> Document:
    """Return a world in which every text is what a file would stumble over."""
    document = structure.build(2, language)
    for kind in KINDS:
        for one in document[kind]:
            one["name"], one["description"] = f"{HOSTILE[:60]} {one['id']}"[:80], f"=cmd {HOSTILE} \x0b{one['id']}"
    for dialogue in document["dialogues"]:
        for node in dialogue["nodes"]:
            node["text"] = f"- {HOSTILE} {node['id']}"
            for number, choice in enumerate(node["choices"]):
                choice["text"] = f"+ {HOSTILE} {number}"
    return document


def unzipped(document: Document, form: str) -> dict[str, bytes]:
    name, content = export(document, "id", form)
    assert name.endswith(f"-{form}.zip") and "/" not in name
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


@pytest.mark.parametrize("form", [*FORMS, "all"])
def test_every_file_is_named_in_the_label_and_the_zip_is_the_same_each_time(form: str) -> None:
    document = structure.build(2, "zh")
    files = unzipped(document, form)
    label = json.loads(files.pop("AIGC.json"))
    assert set(provenance.FIELDS) <= label["AIGC"].keys() and label["files"].keys() == files.keys()
    assert export(document, "id", form) == export(document, "id", form)
    for path, content in files.items():
        if path.endswith(".png"):
            assert provenance.read(content)
        elif path.endswith((".ink", ".yarn", ".tmx", ".tmj", ".gd", ".tres")):
            assert provenance.NOTICE.encode() in content or b"AIGC" in content, path


def test_json_keeps_to_the_schemas_beside_it() -> None:
    document = hostile()
    files = unzipped(document, "json")
    world = json.loads(files["world.json"])
    del world["AIGC"], world["notice"]
    assert world == document
    for kind in KINDS:
        schema = json.loads(files[f"schemas/{kind}.schema.json"])
        jsonschema.Draft202012Validator.check_schema(schema)
        for one in document[kind]:
            jsonschema.Draft202012Validator({key: value for key, value in schema.items() if key != "AIGC"}).validate(
                one
            )


def test_csv_has_a_row_for_each_thing_and_no_formula() -> None:
    document = hostile()
    files = unzipped(document, "csv")
    for kind in KINDS:
        rows = list(csv.DictReader(io.StringIO(files[f"{kind}.csv"].decode("utf-8-sig"), newline="")))
        assert [row["id"] for row in rows] == [one["id"] for one in document[kind]]
        assert [row["name"] for row in rows] == [one["name"] for one in document[kind]]
        assert all(row["description"].startswith("'=cmd") for row in rows)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tiled_maps_are_opened_by_pytmx(tmp_path: Path) -> None:
    document = hostile()
    for name, content in unzipped(document, "tiled").items():
        (tmp_path / name).write_bytes(content)
    for one in document["maps"]:
        opened = pytmx.TiledMap(str(tmp_path / f"{one['id']}.tmx"))
        assert (opened.width, opened.height) == (one["width"], one["height"])
        assert (
            opened.properties["name"] == one["name"].replace("\n", " ").replace("\t", " ") or opened.properties["name"]
        )
        rows = one["layers"][0]["rows"]
        for y, row in enumerate(rows):
            for x, character in enumerate(row):
                properties = opened.get_tile_properties(x, y, 0)
                assert properties["walkable"] is one["legend"][character]["walkable"]
                assert properties["type"] == one["legend"][character]["name"]
        objects = [(each.type, round(each.x / 16), round(each.y / 16)) for each in opened.get_layer_by_name("places")]
        assert objects == [(place["type"], place["x"], place["y"]) for place in one["places"]]


def test_the_json_of_tiled_says_the_same_as_its_xml(tmp_path: Path) -> None:
    files = unzipped(structure.build(2, "en"), "tiled")
    whole = json.loads(files["map-1.tmj"])
    assert whole["layers"][0]["data"] and whole["tilesets"][0]["image"] in files
    numbers = [
        int(one) for one in re.findall(r"\d+", re.search(rb"<data.*?</data>", files["map-1.tmx"], re.S)[0].decode())
    ]
    assert numbers == whole["layers"][0]["data"]
    assert max(numbers) <= tiles.COLUMNS * tiles.ROWS


def test_rpg_maker_tables_are_lists_whose_ids_are_their_places() -> None:
    document = structure.build(2, "en")
    files = unzipped(document, "rpgmaker")
    for path, content in files.items():
        table = json.loads(content)
        if path.startswith("data/") and isinstance(table, list):
            assert table[0] is None
            assert [row["id"] for row in table[1:]] == list(range(1, len(table)))
    found = json.loads(files["data/Map001.json"])
    assert len(found["data"]) == 6 * found["width"] * found["height"]
    kept = [json.loads(files[f"data/{name}.json"]) for name in ("Items", "Weapons", "Armors")]
    assert sum(len(table) - 1 for table in kept) == len(document["items"])


# Yarn Spinner, by the grammar of its documentation

YARN_TEXT = r"(?:[^\\#{}<>/\n]|\\[\\#{}<>/]|/(?!/)|<(?!<))"
YARN_VALUE = r"(?:true|false|\d+)"
YARN_TEST = rf"\$\w+ == {YARN_VALUE}"
YARN_LINES = {
    "option": re.compile(rf"-> {YARN_TEXT}+?(?: <<if {YARN_TEST}(?: and {YARN_TEST})*>>)?"),
    "set": re.compile(rf"    <<set \$\w+ to {YARN_VALUE}>>"),
    "jump": re.compile(r"    <<jump (\w+)>>"),
    "declare": re.compile(rf"<<declare \$\w+ = {YARN_VALUE}>>"),
    "line": re.compile(rf"(?!-> |<<)[^:\n]+: {YARN_TEXT}+"),
}


def yarn(text: str) -> dict[str, list[str]]:
    """Read a Yarn file; returns the kinds of lines of each node, a jump with its target. Fails on what is none."""
    nodes: dict[str, list[str]] = {}
    for block in text.split("===\n")[:-1]:
        head, _, body = block.partition("---\n")
        title = [line for line in head.splitlines() if line and not line.startswith("//")]
        [named] = [re.fullmatch(r"title: (\w+)", line) for line in title]
        assert named and named[1] not in nodes
        kinds = []
        for line in body.splitlines():
            kind, found = next((kind, found) for kind, form in YARN_LINES.items() if (found := form.fullmatch(line)))
            kinds.append(f"jump {found[1]}" if kind == "jump" else kind)
        nodes[named[1]] = kinds
    return nodes


@pytest.mark.parametrize("document", [structure.build(2, "zh"), hostile()], ids=["plain", "hostile"])
def test_yarn_files_are_read_by_their_grammar(document: Document) -> None:
    files = unzipped(document, "yarn")
    nodes: dict[str, list[str]] = {}
    for path, content in files.items():
        if path.endswith(".yarn"):
            nodes |= yarn(content.decode())
    declared = set(re.findall(r"\$\w+", files["variables.yarn"].decode()))
    jumps = {kind.removeprefix("jump ") for kinds in nodes.values() for kind in kinds if kind.startswith("jump ")}
    assert jumps and jumps <= nodes.keys()
    wanted = sum(len(one["nodes"]) for one in document["dialogues"])
    assert len(nodes) == wanted + 1
    used = {name for path, content in files.items() if path.startswith("dialogue") for name in
            re.findall(r"(?<=[ ])\$\w+(?= == | to )", content.decode())}  # fmt: skip
    assert used <= declared


def test_what_is_no_yarn_is_told_by_the_grammar() -> None:
    for line in ("-> {broken}", "    <<jump >>", "no speaker", "Ann: <<if>>", "Ann: a // comment"):
        with pytest.raises(StopIteration):
            yarn(f"title: a\n---\n{line}\n===\n")


# Godot, by the grammar of its resources

GODOT_HEAD = re.compile(r'\[(gd_resource|ext_resource|resource)((?: \w+=(?:"[^"]*"|\d+))*)\]')
GODOT_FIELD = re.compile(r"(\w+) = (.*)")


def godot(text: str) -> dict[str, Any]:
    """Read a text resource; returns its fields. Fails on what is none."""
    fields: dict[str, Any] = {}
    sections = []
    for line in text.splitlines():
        if not line or line.startswith(";"):
            continue
        if head := GODOT_HEAD.fullmatch(line):
            sections.append(head[1])
            continue
        field = GODOT_FIELD.fullmatch(line)
        assert field and sections[-1] == "resource", line
        value = re.fullmatch(r'ExtResource\("(\w+)"\)', field[2])
        # Strings, numbers, true, false, null, lists and dictionaries are written as in JSON.
        fields[field[1]] = value[1] if value else json.loads(field[2])
    assert sections == ["gd_resource", "ext_resource", "resource"]
    return fields


def test_godot_resources_are_read_by_their_grammar() -> None:
    document = hostile()
    files = unzipped(document, "godot")
    for kind in KINDS:
        found = godot(files[f"aigc_world/{kind}.tres"].decode())
        assert found["kind"] == kind and found["script"] == "1"
        assert found["things"] == {one["id"]: one for one in document[kind]}
    for path, content in files.items():
        for name in (
            re.findall(r'res://([\w/.]+)"', content.decode(errors="ignore")) if path.endswith((".gd", ".tres")) else ()
        ):
            assert name in files, path


# Ink, by its own compiler

COMPILE = """
const { Compiler } = require("inkjs/full");
const wrong = [];
const source = require("fs").readFileSync(0, "utf8");
const story = new Compiler(source, { errorHandler: (message) => wrong.push(message) }).Compile();
const said = [];
for (let turn = 0; turn < 40; turn += 1) {
  while (story.canContinue) said.push(story.Continue().trim());
  if (!story.currentChoices.length) break;
  said.push(...story.currentChoices.map((choice) => choice.text));
  story.ChooseChoiceIndex(turn % story.currentChoices.length);
}
console.log(JSON.stringify({ wrong, said }));
"""


def inkjs() -> Path:
    """Return where the compiler of Ink is installed; skips where it is not."""
    if not shutil.which("node"):
        pytest.skip("no node, which runs the compiler of Ink")
    for folder in (Path.cwd(), Path.home()):
        if (folder / "node_modules" / "inkjs").is_dir():
            return folder
    pytest.skip("no inkjs: npm install inkjs")


@pytest.mark.parametrize("document", [structure.build(2, "zh"), hostile()], ids=["plain", "hostile"])
def test_ink_is_compiled_and_said(document: Document) -> None:
    source = unzipped(document, "ink")["dialogues.ink"]
    run = subprocess.run(["node", "-e", COMPILE], input=source, cwd=inkjs(), capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr.decode()
    answer = json.loads(run.stdout)
    assert answer["wrong"] == []
    texts = {" ".join(node["text"].split()) for one in document["dialogues"] for node in one["nodes"]}
    said = [line.partition(": ")[2] if line.partition(": ")[2] in texts else line for line in answer["said"]]
    assert any(any(line.endswith(text) for text in texts) for line in said)
