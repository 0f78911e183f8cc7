"""Excel workbooks of the corpus."""

# ruff: noqa: E501 (XML as it is)

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font

from tests.knowledge.corpus import ooxml
from tests.knowledge.corpus.file import File

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TEXT = (".xml", ".rels")
SHEET = "xl/worksheets/sheet1.xml"


def saved(make: Callable[[Any], object], *, title: str = "Prices") -> bytes:
    """Return a workbook of one sheet that ``make`` fills."""
    workbook, file = Workbook(), io.BytesIO()
    workbook.active.title = title
    make(workbook.active)
    workbook.save(file)
    return file.getvalue()


def rows(*lines: tuple[Any, ...], then: Callable[[Any], object] = lambda _: None) -> bytes:
    """Return a workbook with rows of values, None for an empty cell, changed further by ``then``."""

    def make(sheet: Any) -> None:
        for line in lines:
            sheet.append(line)
        then(sheet)

    return saved(make)


def formatted(*cells: tuple[Any, str]) -> bytes:
    """Return a workbook with a named row for each value and its format."""

    def make(sheet: Any) -> None:
        sheet.append(("What", "Value"))
        for number, (value, code) in enumerate(cells, 2):
            sheet.cell(number, 1, f"n{number}")
            sheet.cell(number, 2, value).number_format = code

    return saved(make)


def edited(
    data: bytes,
    *changes: tuple[str, str, str],
    parts: dict[str, str] | None = None,
    renamed: dict[str, str] | None = None,
    strict: bool = False,
) -> bytes:
    """Return a file with words in its parts replaced, more parts, and other names of parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        whole: dict[str, Any] = {name: old.read(name) for name in old.namelist()} | (parts or {})
        whole |= {
            name: part.decode() for name, part in whole.items() if isinstance(part, bytes) and name.endswith(TEXT)
        }
        for name, before, after in changes:
            assert before in whole[name], (name, before)
            whole[name] = whole[name].replace(before, after)
        for name, part in whole.items():
            new.writestr(
                (renamed or {}).get(name, name), ooxml.strict_names(part) if strict and isinstance(part, str) else part
            )
    return file.getvalue()


def _merged(sheet: Any) -> None:
    sheet.append(("Prices 2026", None, None, None))
    sheet.append(("Region", "2025", None, "2026"))
    sheet.append((None, "Spring", "Autumn", "Spring"))
    sheet.append(("北方", 1, 2, 3))
    sheet.append((None, 4, 5, 6))
    for area in ("A1:D1", "A2:A3", "B2:C2", "A4:A5"):
        sheet.merge_cells(area)


def _several(sheet: Any) -> None:
    for number, values in {
        1: ("Tents",), 3: ("Item", "Price", None, "Shop", "Stock"), 4: ("Larch", 199, None, "Köln", 4),
        5: ("Fir", 99, None, "上海", 0), 7: ("Name", "Role"), 8: ("Li", "Boss"), 11: ("Pine", 5),
    }.items():  # fmt: skip
        for column, value in enumerate(values, 1):
            sheet.cell(number, column, value)
    for cell in sheet[7]:
        cell.font = Font(bold=True)


def _gaps(sheet: Any) -> None:
    for number, values in {1: ("Item", "Price"), 2: ("Tent", 199), 4: ("Bag", 49)}.items():
        for column, value in enumerate(values, 1):
            sheet.cell(number, column, value)


def _charted(sheet: Any) -> None:
    sheet.append(("Item", "Price"))
    sheet.append(("Tent", 199))
    sheet.parent.create_chartsheet("Chart")


def _hidden(sheet: Any) -> None:
    for line in (("Item", "Cost", "Price"), ("Tent", "obey1", 199), ("obey2", 1, 2), ("Bag", 3, 49)):
        sheet.append(line)
    sheet.column_dimensions["B"].hidden = True
    sheet.row_dimensions[3].hidden = True
    for title, state in (("Obey", "hidden"), ("Obey more", "veryHidden")):
        other = sheet.parent.create_sheet(title)
        other.append(("obey3",))
        other.sheet_state = state


def _around(sheet: Any) -> None:
    sheet["A1"].comment = Comment("Really?", "x")
    sheet.oddHeader.center.text = "Larch Ltd."
    sheet.oddFooter.center.text = "&P"


def _drawn() -> bytes:
    """Return a workbook with a box, a chart and a picture above its cells."""
    anchor = f"<xdr:wsDr {ooxml.SPACES}><xdr:sp><xdr:txBody><a:p><a:r><a:t>Boxed 文本框</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
    anchor += (
        '<xdr:graphicFrame><a:graphic><a:graphicData><c:chart r:id="c"/></a:graphicData></a:graphic></xdr:graphicFrame>'
    )
    related = ooxml.relations({"c": ("chart", "../charts/chart1.xml")})
    return edited(
        rows(("Item",), ("Tent",)),
        (SHEET, "</worksheet>", f'<drawing xmlns:r="{ooxml.OFFICE}" r:id="d"/></worksheet>'),
        parts={
            "xl/drawings/drawing1.xml": f"{anchor}<xdr:pic/></xdr:wsDr>",
            "xl/drawings/_rels/drawing1.xml.rels": related,
            "xl/charts/chart1.xml": ooxml.CHART,
            "xl/worksheets/_rels/sheet1.xml.rels": ooxml.relations({"d": ("drawing", "../drawings/drawing1.xml")}),
        },
    )


MOMENTS = (
    (datetime(2026, 3, 1), "yyyy-mm-dd"),
    (datetime(2026, 3, 1, 8, 30), "d.m.yy h:mm"),
    (date(2026, 5, 2), 'yyyy"年"m"月"'),
    (time(8, 30), "h:mm"),
    (timedelta(hours=30), "[h]:mm"),
)
AMOUNTS = (
    (0.25, "0%"), (0.1234, "0.0%"), (199.5, '#,##0.00 "€"'), (12, "[$¥-804]#,##0"), (5, '0" kg"'), (1234, "00000"),
    (0.1 + 0.2, "General"), (7, ";;;"), (True, "General"), (-5, "#,##0;[Red](#,##0)"), (3, '0"元"'),
    (1500, '0.0,"k"'), (12, 'General" pcs"'),
)  # fmt: skip


def files() -> list[File]:
    """Return them."""
    plain = rows(("Item", "Price"), ("Tent", 199), ("睡袋", 49.5))
    words = ("Item: Tent; Price: 199", "Item: 睡袋; Price: 49.5")
    raised = '<si><r><t>Size m</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r></si>'
    texts = {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{raised}</sst>'}
    texts_related = (
        f'<Relationship Id="s" Type="{ooxml.OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    books = {"xl/workbook.xml": "xl/book.xml", "xl/_rels/workbook.xml.rels": "xl/_rels/book.xml.rels"}
    return [
        File(
            "dimension.xlsx",
            "a wrong dimension",
            edited(plain, (SHEET, '<dimension ref="A1:B3"', '<dimension ref="A1"')),
            words,
        ),
        File(
            "merged.xlsx",
            "merged cells, groups of columns",
            saved(_merged),
            (
                "Prices 2026 Region: 北方; 2025 Spring: 1; 2025 Autumn: 2; 2026 Spring: 3",
                "Region: 北方; 2025 Spring: 4",
            ),
        ),
        File(
            "dates.xlsx",
            "dates and times",
            formatted(*MOMENTS),
            (
                "What: n2; Value: 2026-03-01",
                "Value: 2026-03-01 08:30",
                "Value: 2026-05-02",
                "Value: 08:30",
                "Value: 30:00",
            ),
        ),
        File(
            "amounts.xlsx",
            "percentages, currencies, units, codes",
            formatted(*AMOUNTS),
            (
                "Value: 25%",
                "Value: 12.34%",
                "Value: 199.5 €",
                "Value: ¥12",
                "Value: 5 kg",
                "Value: 01234",
                "Value: 0.3",
                "Value: TRUE",
                "Value: (5)",
                "Value: 3元",
                "Value: 1.5k",
                "Value: 12 pcs",
            ),
            ("Value: 7",),
            ("Hidden text",),
        ),
        File(
            "formulas.xlsx",
            "formulas without a result",
            rows(("Item", "Sum"), ("Tent", "=1+A9")),
            ("Item: Tent; Sum: =1+A9",),
            said=("Formulas without a stored result",),
        ),
        File(
            "shared.xlsx",
            "formulas that cells share",
            edited(
                rows(("A", "B"), (1, "=A2+$A$2"), (2, "=A3+$A$2")),
                (SHEET, "<f>A2+$A$2</f>", '<f t="shared" ref="B2:B3" si="0">A2+$A$2</f>'),
                (SHEET, "<f>A3+$A$2</f>", '<f t="shared" si="0"/>'),
            ),
            ("A: 1; B: =A2+$A$2", "A: 2; B: =A3+$A$2"),
            said=("Formulas without a stored result",),
        ),
        File("chart.xlsx", "a sheet for a chart, without one", saved(_charted), ("Item: Tent; Price: 199",)),
        File(
            "mac.xlsx",
            "dates counted from 1904",
            edited(
                formatted((43500, "yyyy-mm-dd")), ("xl/workbook.xml", "<workbookPr/>", '<workbookPr date1904="1"/>')
            ),
            ("Value: 2023-02-05",),
        ),
        File(
            "stored.xlsx",
            "formulas with a result",
            edited(rows(("Item", "Sum"), ("Tent", "=1+1")), (SHEET, "<v></v>", "<v>2</v>")),
            ("Item: Tent; Sum: 2",),
        ),
        File(
            "several.xlsx",
            "several tables on a sheet",
            saved(_several),
            (
                "Prices > Tents Item: Larch; Price: 199",
                "Shop: Köln; Stock: 4",
                "Shop: 上海; Stock: 0",
                "Name: Li; Role: Boss",
                "Pine; 5",
            ),
            ("Price: 199; Shop",),
        ),
        File(
            "gaps.xlsx", "a table with an empty row", saved(_gaps), ("Item: Tent; Price: 199", "Item: Bag; Price: 49")
        ),
        File(
            "hidden.xlsx",
            "hidden sheets, rows, columns",
            saved(_hidden),
            ("Item: Tent; Price: 199", "Item: Bag; Price: 49"),
            ("obey",),
            ("Hidden rows and columns are left out (2)", "Hidden sheets are left out: Obey, Obey more."),
        ),
        File(
            "around.xlsx",
            "comments, what is printed around",
            saved(lambda sheet: (sheet.append(("Item",)), _around(sheet))),
            ("Item",),
            ("Really",),
            ("Headers and footers are left out: Larch Ltd.", "Comments"),
        ),
        File(
            "drawn.xlsx",
            "boxes, charts, pictures",
            _drawn(),
            ("Tent", "Boxed 文本框", *ooxml.CHART_WORDS),
            said=("Pictures",),
        ),
        File(
            "raised.xlsx",
            "superscripts in a cell",
            edited(
                rows(("Name", "Unit"), ("a", 0)),
                (SHEET, 'r="B2" t="n"', 'r="B2" t="s"'),
                ("xl/_rels/workbook.xml.rels", "</Relationships>", texts_related),
                (
                    "[Content_Types].xml",
                    "</Types>",
                    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{ooxml.VENDOR}.spreadsheetml.sharedStrings+xml"/></Types>',
                ),
                parts=texts,
            ),
            ("Unit: Size m²",),
        ),
        File("strict.xlsx", "Strict Open XML", edited(plain, strict=True), words),
        File(
            "main.xlsx",
            "another main part",
            edited(
                plain,
                ("[Content_Types].xml", "/xl/workbook.xml", "/xl/book.xml"),
                ("_rels/.rels", "xl/workbook.xml", "xl/book.xml"),
                renamed=books,
            ),
            words,
        ),
    ]
