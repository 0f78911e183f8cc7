"""Exports: a world as files that other programs load, each labelled as AI-generated.

    tables.py     JSON with its schemas, CSV, and tables as RPG Maker has them
    tiled.py      maps for Tiled, with the tile set
    scripts.py    dialogues for Ink and Yarn Spinner
    godot.py      resources and an import script for Godot

Every form is a function of the document that returns files by their paths. Knows nothing about whose the world is.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Literal

from assistants import provenance
from assistants.games.content import Document
from assistants.games.exporting import godot, scripts, tables, tiled
from assistants.games.exporting.files import Files
from assistants.history.export import slug

Form = Literal["json", "csv", "tiled", "ink", "yarn", "godot", "rpgmaker", "all"]
FORMS: dict[str, Callable[[Document], Files]] = {
    "json": tables.as_json,
    "csv": tables.as_csv,
    "tiled": tiled.as_tiled,
    "ink": scripts.as_ink,
    "yarn": scripts.as_yarn,
    "godot": godot.as_godot,
    "rpgmaker": tables.as_rpg_maker,
}
MEDIA = "application/zip"
KINDS = {"json": "application/json", "png": "image/png", "md": "text/markdown"}
# A fixed time, so that the same world makes the same file.
MOMENT = (1980, 1, 1, 0, 0, 0)
LABEL = "AIGC.json"


def export(document: Document, content_id: str, form: str) -> tuple[str, bytes]:
    """Return the file name and the bytes of a zip with a world in one form, or in every one in a folder each."""
    wanted = FORMS if form == "all" else {form: FORMS[form]}
    files = {
        (f"{name}/{path}" if form == "all" else path): _labelled(path, content, content_id)
        for name, make in wanted.items()
        for path, content in make(document).items()
    }
    # What has no place for a label, and what a person looks for first.
    whole = hashlib.sha256(b"".join(f"{path}\0".encode() + files[path] for path in sorted(files))).hexdigest()
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in sorted(files.items())}
    label = {"AIGC": provenance.aigc_fields(content_id, whole), "notice": provenance.NOTICE, "files": digests}
    files[LABEL] = json.dumps(label, ensure_ascii=False, indent=2).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo(path, MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return f"{slug(document['name'])[:60]}-{form}.zip", target.getvalue()


def _labelled(path: str, content: bytes, content_id: str) -> bytes:
    kind = KINDS.get(path.rpartition(".")[2])
    # RPG Maker's tables are lists, which have no place for a label.
    return provenance.label(kind, content_id, content) if kind and not content.startswith(b"[") else content
