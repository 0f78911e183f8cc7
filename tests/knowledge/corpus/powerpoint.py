"""PowerPoint files of the corpus."""

# ruff: noqa: E501 (XML as it is)

import io
from collections.abc import Callable
from typing import Any

from pptx import Presentation
from pptx.util import Inches

from tests.knowledge.corpus import ooxml
from tests.knowledge.corpus.excel import edited
from tests.knowledge.corpus.file import File

SLIDE = "ppt/slides/slide1.xml"
RELATED = "ppt/slides/_rels/slide1.xml.rels"
TITLE_ONLY = 5


def saved(*makers: Callable[[Any], object]) -> bytes:
    """Return a file with a slide for each of ``makers``, which fill them below the title Returns."""
    slides, file = Presentation(), io.BytesIO()
    for make in makers:
        slide = slides.slides.add_slide(slides.slide_layouts[TITLE_ONLY])
        slide.shapes.title.text = "Returns"
        make(slide)
    slides.save(file)
    return file.getvalue()


def box(shapes: Any, words: str, left: float, top: float, width: float = 2, height: float = 0.5) -> Any:
    """Add a box with words, in inches."""
    shape = shapes.add_textbox(Inches(left), Inches(top), Inches(width), Inches(height))
    shape.text_frame.text = words
    return shape


def _grouped(slide: Any) -> None:
    group = slide.shapes.add_group_shape()
    box(group.shapes, "In a group", 1, 2)
    box(group.shapes.add_group_shape().shapes, "更深一层", 1, 3)


def _columns(slide: Any) -> None:
    for words, left, top in (("right below", 6, 4), ("left below", 1, 4), ("right above", 6, 2), ("left above", 1, 2)):
        box(slide.shapes, words, left, top, 3.5, 2)
    box(slide.shapes, "at the foot", 1, 6.5, 8.5)
    box(slide.shapes, "在标题下", 1, 1.5, 8.5, 0.3)


def _table(slide: Any) -> None:
    table = slide.shapes.add_table(3, 3, Inches(1), Inches(2), Inches(6), Inches(2)).table
    for row, words in enumerate((("Yes", "Yes", ""), ("上", "b", "c"), ("", "wide", ""))):
        for column, word in enumerate(words):
            table.cell(row, column).text = word
    table.cell(1, 0).merge(table.cell(2, 0))
    table.cell(2, 1).merge(table.cell(2, 2))


def _hidden(slide: Any) -> None:
    box(slide.shapes, "Seen", 1, 2)
    box(slide.shapes, "obey1", 1, 3)._element.nvSpPr.cNvPr.set("hidden", "1")


def _hidden_slide(slide: Any) -> None:
    box(slide.shapes, "obey2", 1, 2)
    slide._element.set("show", "0")


def _noted(slide: Any) -> None:
    box(slide.shapes, "Free", 1, 2)
    slide.notes_slide.notes_text_frame.text = "Say it slowly. 慢慢说。"


def _plain(slide: Any) -> None:
    box(slide.shapes, "三十天内免费。", 1, 2)


def _frame(content: str) -> str:
    return f'<p:graphicFrame {ooxml.SPACES}><p:nvGraphicFramePr><p:cNvPr id="90" name="x"/><p:cNvGraphicFramePr/><p:nvPr/></p:nvGraphicFramePr><p:xfrm><a:off x="0" y="2000000"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData uri="u">{content}</a:graphicData></a:graphic></p:graphicFrame>'


def _shape(paragraphs: str) -> str:
    return f'<p:sp {ooxml.SPACES}><p:nvSpPr><p:cNvPr id="91" name="y"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="0" y="3000000"/><a:ext cx="9" cy="9"/></a:xfrm></p:spPr><p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>'


def _with(content: str, related: ooxml.Relations | None = None, parts: dict[str, str] | None = None) -> bytes:
    """Return a file of one slide with more on it."""
    rows = "".join(
        f'<Relationship Id="{id}" Type="{ooxml.OFFICE}/{kind}" Target="{target}"/>'
        for id, (kind, target) in (related or {}).items()
    )
    return edited(
        saved(_plain),
        (SLIDE, "</p:spTree>", f"{content}</p:spTree>"),
        (RELATED, "</Relationships>", f"{rows}</Relationships>"),
        parts=parts,
    )


SIGNS = (
    '<a:p><a:r><a:t>m</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>2</a:t></a:r><a:br/><a:r><a:rPr strike="sngStrike"/><a:t>gone</a:t></a:r></a:p>'
    '<a:p><a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr><a:r><a:t>first</a:t></a:r></a:p><a:p><a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr><a:r><a:t>第二</a:t></a:r></a:p>'
)
FORMULA = (
    f'<mc:AlternateContent {ooxml.SPACES} xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"><mc:Choice Requires="a14">'
    + _shape("<a:p><a14:m><m:oMath><m:rad><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad></m:oMath></a14:m></a:p>")
    + f"</mc:Choice><mc:Fallback>{_shape('<a:p/>')}</mc:Fallback></mc:AlternateContent>"
)


def files() -> list[File]:
    """Return them."""
    words = ("Returns 三十天内免费。",)
    drawn = _with(
        _frame('<c:chart r:id="c"/>') + _frame('<dgm:relIds r:dm="d"/>'),
        {"c": ("chart", "../charts/chart9.xml"), "d": ("diagramData", "../diagrams/data9.xml")},
        {"ppt/charts/chart9.xml": ooxml.CHART, "ppt/diagrams/data9.xml": ooxml.DIAGRAM},
    )
    comments = f"<p:cmLst {ooxml.SPACES}><p:cm><p:text>Really?</p:text></p:cm></p:cmLst>"
    footer = _shape("<a:p><a:r><a:t>Larch Ltd.</a:t></a:r></a:p>").replace(
        "<p:nvPr/>", '<p:nvPr><p:ph type="ftr" idx="11"/></p:nvPr>'
    )
    gone = edited(
        saved(_plain),
        ("ppt/presentation.xml", "<p:sldIdLst>", f'<p:sldIdLst><p:sldId id="999" {ooxml.SPACES} r:id="nothing"/>'),
        (
            RELATED,
            "</Relationships>",
            f'<Relationship Id="x" Type="{ooxml.OFFICE}/image" Target="../media/none.png"/></Relationships>',
        ),
    )
    main = {"ppt/presentation.xml": "ppt/deck.xml", "ppt/_rels/presentation.xml.rels": "ppt/_rels/deck.xml.rels"}
    renamed = (
        ("[Content_Types].xml", "/ppt/presentation.xml", "/ppt/deck.xml"),
        ("_rels/.rels", "ppt/presentation.xml", "ppt/deck.xml"),
    )
    return [
        File("groups.pptx", "boxes in groups", saved(_grouped), ("Returns In a group 更深一层",)),
        File(
            "order.pptx",
            "two columns, drawn in another order",
            saved(_columns),
            ("在标题下 left above left below right above right below at the foot",),
        ),
        File("table.pptx", "equal, empty and merged cells", saved(_table), ("Yes | Yes |", "上 | b | c", "上 | wide")),
        File(
            "hidden.pptx",
            "hidden slides and boxes",
            saved(_hidden, _hidden_slide),
            ("Seen",),
            ("obey",),
            ("Hidden text", "Hidden slides are left out: 2 (Returns)."),
        ),
        File("notes.pptx", "speaker notes", saved(_noted), ("Free Say it slowly. 慢慢说。",)),
        File("drawn.pptx", "charts and diagrams", drawn, ("三十天内免费。", *ooxml.CHART_WORDS, *ooxml.DIAGRAM_WORDS)),
        File(
            "signs.pptx",
            "superscripts, struck and numbered lines",
            _with(_shape(SIGNS)),
            ("m² ~~gone~~", "1. first 2. 第二"),
        ),
        File("formula.pptx", "a formula", _with(FORMULA), (r"\(\sqrt{x}\)",)),
        File(
            "around.pptx",
            "comments, footers, embedded files",
            _with(
                footer + _frame("<p:oleObj/>"),
                {"k": ("comments", "../comments/c1.xml")},
                {"ppt/comments/c1.xml": comments},
            ),
            words,
            ("Really",),
            ("Comments", "Headers and footers are left out: Larch Ltd.", "Embedded files"),
        ),
        File("titles.pptx", "a slide with nothing but a title", saved(lambda _: None), ("Returns",)),
        File("strict.pptx", "Strict Open XML", edited(saved(_plain), strict=True), words),
        File("main.pptx", "another main part", edited(saved(_plain), *renamed, renamed=main), words),
        File("nothing.pptx", "relations to nothing", gone, words),
    ]
