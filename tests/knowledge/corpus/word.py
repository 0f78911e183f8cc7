"""Word files of the corpus."""

# ruff: noqa: E501 (XML as it is)

import re

from tests.knowledge.corpus import ooxml
from tests.knowledge.corpus.file import File
from tests.knowledge.corpus.ooxml import SPACES

HIDDEN, DELETED, PICTURES = "Hidden text is left out", "Deleted text", "Pictures"
STYLES = {
    "H1": "heading 1", "H2": "heading 2", "H7": "heading 7", "Titel": "Title", "Sub": "Subtitle",
}  # fmt: skip
ALSO = (
    '<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="My chapter"/><w:basedOn w:val="H2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Out"><w:name w:val="大纲"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Hid"><w:name w:val="Hid"/><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Num"><w:name w:val="heading 3"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr>'
    "</w:pPr></w:style>"
)


def text(words: str, properties: str = "") -> str:
    """Return a run."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def line(content: str, style: str = "") -> str:
    """Return a paragraph, of runs or of words."""
    runs = content if content.startswith("<") else text(content)
    return f"<w:p><w:pPr>{f'<w:pStyle w:val={chr(34)}{style}{chr(34)}/>' if style else ''}</w:pPr>{runs}</w:p>"


def cell(content: str, properties: str = "") -> str:
    """Return a cell of a table."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content if content.startswith('<') else line(content)}</w:tc>"


def grid(*rows: tuple[str, ...]) -> str:
    """Return a table of cells."""
    columns = "<w:gridCol/>" * max(map(len, rows))
    lines = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    return f"<w:tbl><w:tblPr/><w:tblGrid>{columns}</w:tblGrid>{lines}</w:tbl>"


def docx(
    body: str,
    *,
    main: str = "word/document.xml",
    parts: dict[str, str | bytes] | None = None,
    related: ooxml.Relations | None = None,
    kind: str = "openxmlformats-officedocument.wordprocessingml.document",
    strict: bool = False,
) -> bytes:
    """Return a Word file."""
    folder, _, name = main.rpartition("/")
    named = "".join(
        f'<w:style w:type="paragraph" w:styleId="{id}"><w:name w:val="{name}"/></w:style>'
        for id, name in STYLES.items()
    )
    whole: dict[str, str | bytes] = {
        main: f"<w:document {SPACES}><w:body>{body}</w:body></w:document>",
        f"{folder}/styles.xml": f"<w:styles {SPACES}>{named}{ALSO}</w:styles>",
        f"{folder}/_rels/{name}.rels": ooxml.relations({"styles": ("styles", "styles.xml"), **(related or {})}),
        **(parts or {}),
    }
    known = [f"{folder}/styles.xml", *(part for part in whole if part.endswith(("notes.xml", "comments.xml")))]
    known += [part for part in whole if re.search(r"/(?:header|footer)\d", part)]
    types = {
        part: f"{ooxml.VENDOR}.wordprocessingml.{re.sub(r'[^a-z]', '', part.rpartition('/')[2][:-4])}+xml"
        for part in known
    }
    return ooxml.packed(main, f"application/vnd.{kind}.main+xml", whole, types, strict=strict)


def _drawing(content: str) -> str:
    return f"<w:p><w:r><w:drawing><wp:inline><a:graphic><a:graphicData>{content}</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"


TRACKED = line(
    text("Returns are ")
    + f'<w:ins w:id="1">{text("now ")}</w:ins><w:del w:id="2"><w:r><w:delText>never </w:delText></w:r></w:del>'
    + f'<w:moveTo w:id="3">{text("always ")}</w:moveTo><w:moveFrom w:id="4">{text("moved ")}</w:moveFrom>'
    + text("free.")
) + grid((cell("kept row"),), ('<w:trPr><w:del w:id="5"/></w:trPr>', cell("gone row")))
CONTROLS = (
    f"<w:sdt><w:sdtPr/><w:sdtContent>{line('A block control.')}</w:sdtContent></w:sdt>"
    + line(f"<w:sdt><w:sdtContent>{text('Inline control')}</w:sdtContent></w:sdt>" + text(" 控件。"))
    + line(f"<w:smartTag>{text('smart ')}</w:smartTag><w:customXml>{text('custom ')}</w:customXml>")
    + line(f'<w:fldSimple w:instr="DATE">{text("1 May")}</w:fldSimple><w:bdo w:val="ltr">{text(" left")}</w:bdo>')
    + f"<w:tbl><w:tblGrid><w:gridCol/></w:tblGrid><w:sdt><w:sdtContent><w:tr>{cell('row control')}</w:tr></w:sdtContent></w:sdt></w:tbl>"
)
SHAPE = '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><a:graphic><a:graphicData><wps:wsp><wps:txbx><w:txbxContent>{0}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>'
VML = "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>{}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"
BOXES = line(text("Anchor.") + SHAPE.format(line("Boxed words") + line("文本框"))) + line(VML.format(line("Old box")))
NOTES = line(
    text("Free")
    + '<w:r><w:footnoteReference w:id="2"/></w:r>'
    + text(" of charge")
    + '<w:r><w:endnoteReference w:id="2"/></w:r>'
)
TABLES = grid(
    (cell("Yes"), cell("Yes"), cell("")),
    (cell(line("first") + line("second")), cell("wide", '<w:gridSpan w:val="2"/>')),
    (cell("上", '<w:vMerge w:val="restart"/>'), cell("b"), cell("c")),
    (cell("", "<w:vMerge/>"), cell("d"), cell(grid((cell("inner one"), cell("inner two"))) + line(""))),
)
LEVELS = (
    line("Shop guide", "Titel") + line("For everyone", "Sub") + line("Returns", "H1") + line("Times", "H2")
    + line("One month.") + line("My own", "Mine") + line("Mine says.") + line("第三级", "Out") + line("很深。")
    + line("Seventh", "H7") + line("Deepest.") + line("Counted", "Num") + line("By Word.")
)  # fmt: skip
SECRETS = (
    line(text("Seen. ") + text("obey1", "<w:vanish/>") + text("not hidden", '<w:vanish w:val="0"/>'))
    + line("obey2", "Hid")
    + line(text("obey3", '<w:sz w:val="2"/>'))
)
SIGNS = (
    line(text("x") + text("2", '<w:vertAlign w:val="superscript"/>') + text(" H") + text("2", '<w:vertAlign w:val="subscript"/>') + text("O, ") + text("sold out", "<w:strike/>"))
    + "<w:p><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath></w:p>"
    + line(f"<w:r><w:ruby><w:rubyPr/><w:rt>{text('pīn')}</w:rt><w:rubyBase>{text('拼')}</w:rubyBase></w:ruby></w:r>")
    + line("<w:r><w:t>well</w:t><w:noBreakHyphen/><w:t>known</w:t><w:tab/><w:t>tab</w:t><w:br/><w:t>next</w:t></w:r>")
)  # fmt: skip
PICTURE = _drawing(
    '<pic:pic><pic:nvPicPr><pic:cNvPr id="1" name="x" descr="described"/></pic:nvPicPr><pic:blipFill><a:blip r:embed="pic"/></pic:blipFill></pic:pic>'
)
SIMPLE = line("Returns", "H1") + line("三十天内免费。")
SIMPLE_WORDS = ("# Returns 三十天内免费。",)


def _page_part(name: str, *lines: str) -> str:
    return f"<w:{name} {SPACES}>{''.join(map(line, lines))}</w:{name}>"


CHOICE = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList>{}<w:listEntry w:val="small"/><w:listEntry w:val="中号"/>'
CHOICE += "</w:ddList></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r>"
CHOICE += '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
TICKED = '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox>'
TICKED += "</w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>"
TICKED += '<w:r><w:fldChar w:fldCharType="end"/></w:r>' + text(" 订阅")
LOST = '<w:r><w:footnoteReference w:id="99"/></w:r><w:r><w:endnoteReference w:id="98"/></w:r>' + text(" noted")


def files() -> list[File]:
    """Return them."""
    notes = {
        f"word/{name}s.xml": f'<w:{name}s {SPACES}><w:{name} w:id="2">{line(words)}</w:{name}></w:{name}s>'
        for name, words in (("footnote", "Within Europe."), ("endnote", "见条款。"))
    }
    comments = f'<w:comments {SPACES}><w:comment w:id="1">{line("Really?")}</w:comment></w:comments>'
    around = {"word/header1.xml": _page_part("hdr", "Larch Ltd."), "word/footer1.xml": _page_part("ftr", "12")}
    around["word/comments.xml"] = comments
    around_related = {"h": ("header", "header1.xml"), "f": ("footer", "footer1.xml"), "c": ("comments", "comments.xml")}
    drawn = {"word/charts/chart1.xml": ooxml.CHART, "word/diagrams/data1.xml": ooxml.DIAGRAM}
    drawn_related = {"ch": ("chart", "charts/chart1.xml"), "dm": ("diagramData", "diagrams/data1.xml")}
    nothing = {"a": ("image", "NULL"), "b": ("footnotes", "gone.xml"), "c": ("header", "../nowhere.xml")}
    embedded = line('<w:r><w:object><o:OLEObject Type="Embed"/></w:object></w:r>') + SIMPLE
    return [
        File(
            "tracked.docx",
            "tracked insertions, deletions, moves",
            docx(TRACKED),
            ("Returns are now always free.", "kept row"),
            ("never", "moved", "gone"),
            (DELETED,),
        ),
        File(
            "controls.docx",
            "content controls, fields, tags",
            docx(CONTROLS),
            ("A block control.", "Inline control 控件。", "smart custom", "1 May left", "row control"),
        ),
        File("boxes.docx", "text boxes, new and old", docx(BOXES), ("Anchor. Boxed words 文本框 Old box",)),
        File(
            "notes.docx",
            "footnotes and endnotes",
            docx(NOTES, parts=notes, related={"n": ("footnotes", "footnotes.xml"), "e": ("endnotes", "endnotes.xml")}),
            ("Free[1] of charge[2]", "1. Within Europe.", "2. 见条款。"),
            ("↩",),
        ),
        File(
            "tables.docx",
            "equal, empty, merged cells, tables in tables",
            docx(TABLES),
            ("Yes | Yes |", "first second | wide", "上 | b | c", "上 | d | inner one | inner two"),
        ),
        File(
            "levels.docx",
            "titles and levels of headings",
            docx(LEVELS),
            (
                "# Shop guide",
                "For everyone",
                "Returns > Times One month.",
                "Returns > My own Mine says.",
                "My own > 第三级 很深。",
                "第三级 > Seventh Deepest.",
                "### Counted",
            ),
            said=("Automatic numbers",),
        ),
        File("secrets.docx", "hidden text", docx(SECRETS), ("Seen. not hidden",), ("obey",), (HIDDEN,)),
        File(
            "signs.docx",
            "superscripts, formulas, ruby",
            docx(SIGNS),
            ("x² H₂O, ~~sold out~~", r"\(\frac{a}{b}\)", "拼(pīn)", "well‑known tab next"),
        ),
        File(
            "drawn.docx",
            "charts and diagrams",
            docx(
                _drawing('<c:chart r:id="ch"/>') + _drawing('<dgm:relIds r:dm="dm"/>'),
                parts=drawn,
                related=drawn_related,
            ),
            ooxml.CHART_WORDS + ooxml.DIAGRAM_WORDS,
            ("looks",),
        ),
        File(
            "around.docx",
            "comments, headers and footers",
            docx(SIMPLE, parts=around, related=around_related),
            SIMPLE_WORDS,
            ("Really",),
            ("Comments", "Headers and footers are left out: Larch Ltd."),
        ),
        File(
            "picture.docx",
            "a picture",
            docx(SIMPLE + PICTURE, parts={"word/media/a.png": b"png"}, related={"pic": ("image", "media/a.png")}),
            SIMPLE_WORDS,
            ("described",),
            (PICTURES,),
        ),
        File("embedded.docx", "an embedded file", docx(embedded), SIMPLE_WORDS, said=("Embedded files",)),
        File(
            "strict.docx",
            "Strict Open XML",
            docx(SIMPLE + TRACKED, strict=True),
            (*SIMPLE_WORDS, "Returns are now always free."),
            said=(DELETED,),
        ),
        File("main.docx", "another main part", docx(SIMPLE, main="word/document2.xml"), SIMPLE_WORDS),
        File("nothing.docx", "relations to nothing", docx(SIMPLE, related=nothing), SIMPLE_WORDS),
        File(
            "links.docx",
            "links and notes that lead to nothing",
            docx(SIMPLE + line(f'<w:hyperlink r:id="q">{text("退款 page")}</w:hyperlink>{LOST}')),
            (*SIMPLE_WORDS, "退款 page noted"),
        ),
        File(
            "chosen.docx",
            "lists and boxes of old forms",
            docx(SIMPLE + line(CHOICE.format('<w:result w:val="1"/>') + CHOICE.format("")) + line(TICKED)),
            (*SIMPLE_WORDS, "中号small", "[x] 订阅"),
        ),
        File("macros.docm", "a file with macros", docx(SIMPLE, kind="ms-word.document.macroEnabled"), SIMPLE_WORDS),
    ]
