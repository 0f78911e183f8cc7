"""PDF files of the corpus, written object by object."""

# ruff: noqa: E501 (a file of the corpus on a line)

from pathlib import Path

from tests.knowledge.corpus.file import File

DATA = Path(__file__).parents[2] / "data"

# A line: its size, where it begins, and its words.
Line = tuple[float, float, float, str]


def pdf(
    *pages: list[Line], before: bytes = b"", page: str = "", more: tuple[str, ...] = (), catalog: str = ""
) -> bytes:
    """Return a file with a line of words for each line of ``pages``; ``more`` are its objects from number 4 on."""
    used = sorted({character for lines in pages for *_, words in lines for character in words})
    # Of what a sign looks like nothing is needed, only what it stands for.
    signs = "".join(f"<{_coded(one)}> <{_coded(one)}>\n" for one in used)
    unicode = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange "
    unicode += f"<0000> <ffff> endcodespacerange {len(used)} beginbfchar\n{signs}endbfchar endcmap end end"
    first = 4 + len(more)
    kids = " ".join(f"{first + 3 + 2 * number} 0 R" for number in range(len(pages)))
    info = "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
    box = "/FontBBox [0 -200 1000 800] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80"
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>",
        f"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [{first} 0 R] /ToUnicode {first + 2} 0 R >>",
        *more,
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo {info} /DW 500 /FontDescriptor {first + 1} 0 R >>",
        f"<< /Type /FontDescriptor /FontName /X /Flags 4 {box} >>",
        _stream(unicode),
    ]
    for number, lines in enumerate(pages):
        drawn = "".join(f"BT /F1 {size} Tf {x} {y} Td <{_coded(words)}> Tj ET\n" for size, x, y, words in lines)
        used_by_page = f"/Contents {first + 4 + 2 * number} 0 R /Resources << /Font << /F1 3 0 R >> >>"
        objects += [f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] {used_by_page} {page} >>", _stream(drawn)]
    return before + written(objects)


def written(objects: list[str]) -> bytes:
    """Return a file of objects, the first of which is its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    tail = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R >>\n"
    return out + f"{tail}startxref\n{len(out)}\n%%EOF\n".encode()


def _coded(words: str) -> str:
    return words.encode("utf-16-be").hex()


def _stream(text: str) -> str:
    return f"<< /Length {len(text)} >>\nstream\n{text}\nendstream"


HEADED = [
    (24, 72, 700, "Return policy"), (12, 72, 670, "Returns are free of charge within thirty days of the"),
    (12, 72, 655, "purchase, for everybody."), (18, 72, 620, "退款"), (12, 90, 600, "三个工作日内退款，退款会原路"),
    (12, 90, 585, "返回您的账户。"),
]  # fmt: skip
NEXT = [(12, 72, 700, "Cards may take longer."), (18, 72, 660, "Shipping"), (12, 72, 640, "Two days.")]
DIVIDED = [
    (12, 72, 700, "The docu-"), (12, 72, 685, "mentation is well-"), (12, 72, 670, "known in 2025-"),
    (12, 72, 655, "2026, an e-"), (12, 72, 640, "mail says; an e-mail is short."),
]  # fmt: skip
HYPHENED = [
    (12, 72, 700, "Soft‐"), (12, 72, 685, "ware of state-of-the-"), (12, 72, 670, "art design, see"),
    (12, 72, 655, "https://a.example/foo-"), (12, 72, 640, "bar there."),
]  # fmt: skip
UNSEEN = [(12, 72, 700, "Seen words."), (12, 72, 2000, "obey1"), (0.5, 72, 650, "obey2"), (12, -900, 600, "obey3")]
FIELDS = (
    "<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /TU (Your name) /V (Li Hua) /Rect [0 0 90 20] /F 4 >>",
    "<< /Type /Annot /Subtype /Widget /FT /Btn /T (news) /V /Yes /AS /Yes /Rect [0 30 20 50] /F 4 /AP << /N << /Yes << >> /Off << >> >> >> >>",
    "<< /Type /Annot /Subtype /Widget /FT /Tx /T (key) /Ff 8192 /V (secret) /Rect [0 60 90 80] /F 4 >>",
    "<< /Type /Annot /Subtype /FreeText /Contents (Written upon it) /Rect [0 90 90 99] /F 4 >>",
    "<< /Type /Annot /Subtype /Text /Contents (Really?) /Rect [0 90 9 99] /F 4 >>",
)
LARGE = "<< /Type /Annot /Subtype /Widget /FT /Ch /T (size) /Opt [[(s) (Small)] [(l) (Large)]] /V (l) /Rect [0 60 90 80] /F 4 >>"
FIELDS += (
    LARGE,
    "<< /Type /Annot /Subtype /Widget /FT /Tx /T (note) /V (obey) /Rect [0 0 90 20] /F 2 >>",
    "<< /Type /Annot /Subtype /FreeText /Contents (obey, too) /Rect [0 90 90 99] /F 2 >>",
    "<< /Type /Annot /Subtype /Stamp /Contents (Approved) /Rect [0 0 90 20] /F 4 >>",
)
KIDS = "[" + " ".join(f"{number} 0 R" for number in range(4, 4 + len(FIELDS))) + "]"


def files() -> list[File]:
    """Return them."""
    plain = [[(12, 72, 700, "Returns are free. 三十天内免费。")]]
    words = ("Returns are free. 三十天内免费。",)
    form = pdf(
        *plain, page=f"/Annots {KIDS}", more=FIELDS, catalog=f"/AcroForm << /Fields {KIDS} /NeedAppearances true >>"
    )
    return [
        File(
            "headings.pdf",
            "headings by their size, over two pages",
            pdf(HEADED, NEXT),
            (
                "p. 1 > Return policy Returns are free of charge within thirty days of the purchase, for everybody.",
                "Return policy > 退款 三个工作日内退款，退款会原路返回您的账户。",
                "p. 2 > Return policy > 退款 Cards may take longer.",
                "p. 2 > Shipping Two days.",
            ),
        ),
        File(
            "ligatures.pdf",
            "ligatures, compatible signs",
            pdf([(12, 72, 700, "oﬃce ﬁles ⼆⾏")]),
            ("office files 二行",),
        ),
        File(
            "divided.pdf",
            "hyphens at line ends",
            pdf(DIVIDED),
            ("The documentation is well-known in 2025-2026, an e-mail says; an e-mail is short.",),
        ),
        File(
            "hyphened.pdf",
            "hyphens of another sign, of compounds and of addresses",
            pdf(HYPHENED),
            ("Software of state-of-the-art design, see https://a.example/foo-bar there.",),
        ),
        File(
            "form.pdf",
            "values of a form, notes",
            form,
            (*words, "Your name: Li Hua", "news: Yes", "size: Large", "Written upon it"),
            ("secret", "Really", "obey", "Approved"),
            ("Hidden text is left out (3).", "Comments are left out (2)."),
        ),
        File(
            "unseen.pdf",
            "text beside the page and too small",
            pdf(UNSEEN),
            ("Seen words.",),
            ("obey",),
            ("Hidden text",),
        ),
        # Made by pypdf from ``plain``, with the password that is asked for empty.
        File("aes-128.pdf", "AES-128 with an empty password", DATA.joinpath("aes-128.pdf").read_bytes(), words),
        File("aes-256.pdf", "AES-256 with an empty password", DATA.joinpath("aes-256.pdf").read_bytes(), words),
        File("before.pdf", "lines before %PDF-", pdf(*plain, before=b"\r\n\r\n"), words),
        File("scan.pdf", "a page without text", pdf(*plain, []), words, said=("Pages without text are left out: 2.",)),
    ]
