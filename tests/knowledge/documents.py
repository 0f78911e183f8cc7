"""Documents for the tests, made in memory."""

import io
import zipfile

from tests.knowledge.corpus import word

WORDS = "Returns are free within thirty days."


def docx() -> bytes:
    table = word.grid((word.cell("Tent"), word.cell("199 euros")))
    return word.docx(word.line("Shop", "Titel") + word.line("Returns", "H1") + word.line(WORDS) + table)


def pptx() -> bytes:
    from pptx import Presentation

    slides, file = Presentation(), io.BytesIO()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Returns", WORDS
    slides.save(file)
    return file.getvalue()


def xlsx(rows: list[list[str]]) -> bytes:
    from openpyxl import Workbook

    workbook, file = Workbook(), io.BytesIO()
    for row in rows:
        workbook.active.append(row)
    workbook.save(file)
    return file.getvalue()


def pdf(text: str = WORDS) -> bytes:
    """Return a PDF of one page; pypdf repairs the missing table of objects."""
    content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 6\n0000000000 65535 f \n%strailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + tail % (table, len(out))


def bomb() -> bytes:
    """Return a Word file that says that it unpacks to more than any document."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * (1 << 20))
        archive.filelist[0].file_size = 1 << 40
    return file.getvalue()


def locked() -> bytes:
    """Return what Office makes of a file with a password: a folder of folders with one that says so."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(64)


def locked_zip() -> bytes:
    """Return a Word file whose parts say that they are encrypted, as programs that zip make them."""
    data = bytearray(docx())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(sign)
        while at >= 0:
            data[at + place] |= 1
            at = data.find(sign, at + 4)
    return bytes(data)


def with_entities() -> bytes:
    """Return a Word file that defines an entity by a thousand others."""
    entities = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + b"&a;" * 1000 + b'">]>'
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx())) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, (entities if name == "word/document.xml" else b"") + old.read(name))
    return file.getvalue()
