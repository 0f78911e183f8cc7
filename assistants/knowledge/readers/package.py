"""What a file of Word, Excel or PowerPoint is: parts in a zip that lead to each other; put in order before it is read.

Libraries expect what Office itself writes. Valid files differ: Strict Open XML has other names for the same things,
main parts are called otherwise, and relations lead to nothing. Knows nothing about what the parts say.
"""

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from typing import Any

from lxml import etree

# No part may name another file, nor be of any size or depth.
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)

STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)")
# What has a hyphen in the transitional names.
HYPHENED = {b"extendedProperties": b"extended-properties", b"customProperties": b"custom-properties"}
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
# What all kinds of Office files name alike.
SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "r": OFFICE,
}


# What says something about an element in it, and is none of its text.
ABOUT = ("sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr")


@dataclass(frozen=True)
class Relation:
    """A relation of a part: the last word of its ``kind``, and the part that it leads to."""

    kind: str
    target: str


def tag(name: str) -> str:
    """Return the full name of a tag or attribute such as ``w:p``."""
    space, _, local = name.partition(":")
    return f"{{{SPACES[space]}}}{local}"


def choose(tree: Any) -> None:
    """Keep of alternatives the first one, which is the newer."""
    for element in list(tree.iter(tag("mc:AlternateContent"))):
        for other in element.findall("mc:Choice", SPACES)[1:] + element.findall("mc:Fallback", SPACES):
            if element.find("mc:Choice", SPACES) is not None:
                element.remove(other)
        for choice in list(element):
            unwrap(choice)
        unwrap(element)


def unwrap(element: Any) -> None:
    """Put the children of an element in its place."""
    parent = element.getparent()
    place = parent.index(element)
    children = [child for child in element if isinstance(child.tag, str) and etree.QName(child).localname not in ABOUT]
    parent[place : place + 1] = children


def relations_of(name: str) -> str:
    """Return the name of the part that holds the relations of a part."""
    folder, _, local = name.rpartition("/")
    return posixpath.join(folder, "_rels", f"{local}.rels")


class Package:
    """The parts of an Office file by their names."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.parts = {entry.filename.replace("\\", "/"): archive.read(entry) for entry in archive.infolist()}
        for name, part in self.parts.items():
            # Office writes no definitions of entities, and its format forbids them.
            if name.endswith((".xml", ".rels")) and b"<!DOCTYPE" in part:
                raise ValueError(f"{name} defines entities")
            if name.endswith((".xml", ".rels")) and b"purl.oclc.org/ooxml" in part:
                self.parts[name] = STRICT.sub(_transitional, part)
        self._names = {name.lower(): name for name in self.parts}
        for name in [name for name in self.parts if name.endswith(".rels")]:
            self._drop_dangling(name)
        self.main = next(one.target for one in self.related("").values() if one.kind == "officeDocument")

    def _drop_dangling(self, name: str) -> None:
        tree = self.tree(name)
        folder = posixpath.dirname(posixpath.dirname(name))
        dangling = [one for one in tree if one.get("TargetMode") != "External" and not self._find(folder, one)]
        for one in dangling:
            tree.remove(one)
        if dangling:
            self.put(name, tree)

    def _find(self, folder: str, relation: Any) -> str | None:
        """Return the part that a relation leads to, whose name may differ in its case."""
        target = relation.get("Target", "").partition("#")[0]
        return self._names.get(posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/").lower())

    def related(self, name: str) -> dict[str, Relation]:
        """Return the relations of a part within the package, by their ids; those of the package for no name."""
        folder = posixpath.dirname(name)
        found = ((one, self._find(folder, one)) for one in self._relations(name))
        return {
            one.get("Id", ""): Relation(one.get("Type", "").rpartition("/")[2], target)
            for one, target in found
            if target and one.get("TargetMode") != "External"
        }

    def ids(self, name: str) -> set[str]:
        """Return the ids of all relations of a part, of those to addresses too."""
        return {one.get("Id", "") for one in self._relations(name)}

    def _relations(self, name: str) -> list[Any]:
        relations = relations_of(name)
        return [*self.tree(relations).iter(f"{{{RELATIONS}}}Relationship")] if relations in self.parts else []

    def others(self, name: str, *kinds: str) -> list[str]:
        """Return the parts that a part leads to by relations of these kinds."""
        return [one.target for one in self.related(name).values() if one.kind in kinds]

    def tree(self, name: str) -> Any:
        """Return a part as a tree of tags."""
        return etree.fromstring(self.parts[name], PARSER)

    def put(self, name: str, tree: Any) -> None:
        """Replace a part."""
        self.parts[name] = etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)

    def packed(self) -> bytes:
        """Return the file again."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, part in self.parts.items():
                archive.writestr(name, part)
        return file.getvalue()


def _transitional(strict: re.Match[bytes]) -> bytes:
    first, *rest = strict[2].split(b"/")
    names = b"/".join([HYPHENED.get(first, first), *rest])
    if strict[1] == b"officeDocument":
        return b"http://schemas.openxmlformats.org/officeDocument/2006/" + names
    return b"http://schemas.openxmlformats.org/" + strict[1] + b"/2006/" + names
