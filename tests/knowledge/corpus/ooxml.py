"""Files of Office part by part, as programs other than Office write them too."""

# ruff: noqa: E501 (XML as it is)

import io
import zipfile

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
SPACES = " ".join(
    f'xmlns:{short}="{name}"'
    for short, name in {
        "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
        "r": OFFICE,
        "a": f"{DRAWING}/main",
        "c": f"{DRAWING}/chart",
        "dgm": f"{DRAWING}/diagram",
        "wp": f"{DRAWING}/wordprocessingDrawing",
        "pic": f"{DRAWING}/picture",
        "xdr": f"{DRAWING}/spreadsheetDrawing",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
    }.items()
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
VENDOR = "application/vnd.openxmlformats-officedocument"

Relations = dict[str, tuple[str, str]]


def relations(of: Relations) -> str:
    """Return a part of relations: by id their kind and target."""
    rows = "".join(
        f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{target}"/>' for id, (kind, target) in of.items()
    )
    return f'<Relationships xmlns="{RELATIONS}">{rows}</Relationships>'


def packed(
    main: str, kind: str, parts: dict[str, str | bytes], types: dict[str, str], *, strict: bool = False
) -> bytes:
    """Return a file; ``kind`` is the content type of its main part, ``types`` those of others that need one."""
    overrides = "".join(
        f'<Override PartName="/{part}" ContentType="{type}"/>' for part, type in {main: kind, **types}.items()
    )
    defaults = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    )
    whole = {
        "[Content_Types].xml": f'<Types xmlns="{TYPES}">{defaults}{overrides}</Types>',
        "_rels/.rels": relations({"main": ("officeDocument", main)}),
        **parts,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in whole.items():
            archive.writestr(name, strict_names(part) if strict and isinstance(part, str) else part)
    return file.getvalue()


def strict_names(part: str) -> str:
    """Give a part the names of Strict Open XML."""
    for kind in ("wordprocessingml", "spreadsheetml", "presentationml", "drawingml"):
        part = part.replace(f"http://schemas.openxmlformats.org/{kind}/2006/", f"http://purl.oclc.org/ooxml/{kind}/")
    return part.replace(
        "http://schemas.openxmlformats.org/officeDocument/2006/", "http://purl.oclc.org/ooxml/officeDocument/"
    )


CHART = f"""<c:chartSpace {SPACES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Tents sold</a:t></a:r></a:p></c:rich></c:tx>
</c:title><c:plotArea><c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:ptCount val="1"/><c:pt idx="0"><c:v>Share</c:v></c:pt>
</c:strCache></c:strRef></c:tx><c:cat><c:strRef><c:strCache><c:ptCount val="2"/><c:pt idx="0"><c:v>Spring</c:v></c:pt>
<c:pt idx="1"><c:v>秋天</c:v></c:pt></c:strCache></c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode>
<c:ptCount val="2"/><c:pt idx="0"><c:v>0.25</c:v></c:pt><c:pt idx="1"><c:v>0.75</c:v></c:pt></c:numCache></c:numRef></c:val>
</c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>"""
CHART_WORDS = ("Tents sold", "Share: Spring 25%; 秋天 75%")
DIAGRAM = f"""<dgm:dataModel {SPACES}><dgm:ptLst><dgm:pt modelId="1" type="doc"/><dgm:pt modelId="2"><dgm:t><a:p><a:r>
<a:t>Order placed</a:t></a:r></a:p></dgm:t></dgm:pt><dgm:pt modelId="3"><dgm:t><a:p><a:r><a:t>已发货</a:t></a:r></a:p></dgm:t>
</dgm:pt><dgm:pt modelId="4" type="pres"><dgm:t><a:p><a:r><a:t>looks</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:ptLst></dgm:dataModel>"""
DIAGRAM_WORDS = ("Order placed", "已发货")
