"""Ingestion: what goes into a base of knowledge, how far it is, and what is refused."""

import io
import threading
import zipfile
from typing import Any

import pytest

from assistants import bounded, ingestion
from assistants.bounded import Budget
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed, NotFound
from assistants.knowledge import reading, sites
from assistants.knowledge.fetching import Page
from assistants.knowledge.reading import read
from assistants.models import Models
from assistants.opening import open_studio
from assistants.principals import LOCAL, of_owner
from assistants.settings import Settings
from assistants.store.jobs import JobRow
from assistants.studio import Studio
from tests import bounded_work
from tests.knowledge import corpus, documents
from tests.knowledge.stand_ins import stand_in_for_embedder

ME = LOCAL
TEXT = "# Returns\n\nReturns are free within 30 days.\n\n# Shipping\n\nA parcel takes 2 days."


@pytest.fixture(autouse=True)
def no_embedder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be fetched."""

    def absent(self: Models, *_: object) -> None:
        raise ModelUnavailable("There is no model named {name}.", name="starter-embedder")

    monkeypatch.setattr(Models, "waiting", absent)


def ended(studio: Studio, row: JobRow) -> JobRow:
    row = studio.jobs.wait(row.id, ME.id, 20)
    assert not row.is_open
    return row


def send(studio: Studio, *files: tuple[str, bytes], base: str = "shop") -> JobRow:
    uploads = [(name, io.BytesIO(data)) for name, data in files]
    return ended(studio, ingestion.submit(studio, base, uploads, ME))


def paste(studio: Studio, text: str = TEXT, title: str = "rules", base: str = "shop") -> JobRow:
    request = {"knowledge": base, "text": text, "title": title}
    return ended(studio, studio.jobs.submit("ingestion", request, ME))


def found(studio: Studio, question: str, base: str = "shop") -> list[str]:
    passages = studio.knowledge.find(studio.knowledge.base(base), question, None).passages
    return [passage.first.text for passage in passages]


def notes(studio: Studio, row: JobRow) -> list[str]:
    return [
        data["data"]["template"] for _, kind, data in studio.history.jobs.events(row.id) if data.get("name") == "note"
    ]


def test_files_and_texts_are_found_when_the_job_is_done(studio: Studio) -> None:
    row = send(studio, ("rules.md", TEXT.encode()), ("more.docx", documents.docx()))
    assert (row.status, row.output) == ("done", "rules.md: 2\nmore.docx: 1\n")
    assert [source["name"] for source in row.result["sources"]] == ["rules.md", "more.docx"]
    assert found(studio, "How long does a parcel take?")[0] == "A parcel takes 2 days."
    assert paste(studio, "Gift cards are valid for 3 years.", "cards").status == "done"
    assert found(studio, "gift card") == ["Gift cards are valid for 3 years."]
    assert {source.name for source in studio.knowledge.sources("shop", ME)} == {"rules.md", "more.docx", "cards"}
    # What was uploaded is read now, and the text is kept.
    assert list((studio.settings.home / "files").iterdir()) == []


def test_without_an_embedder_it_says_so(studio: Studio) -> None:
    assert notes(studio, paste(studio)) == ["There is no embedder here, so this base is searched by words alone."]


def test_with_one_a_new_version_embeds_what_is_new(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in_for_embedder(monkeypatch, studio.models)
    read: list[str] = []
    engine = studio.models.engine("local:starter-embedder")
    embed = engine.embed
    monkeypatch.setattr(engine, "embed", lambda texts, *rest, **kind: read.extend(texts) or embed(texts, *rest, **kind))
    assert notes(studio, paste(studio)) == []
    assert len(read) == 2
    paste(studio, TEXT.replace("2 days", "3 days"))
    assert read[2:] == ["Shipping\nA parcel takes 3 days."]


def test_a_new_version_answers_and_the_old_one_shows_what_was_seen(studio: Studio) -> None:
    first = paste(studio).result["sources"][0]["id"]
    second = paste(studio, TEXT.replace("2 days", "3 days")).result["sources"][0]["id"]
    assert found(studio, "parcel") == ["A parcel takes 3 days."]
    [source] = studio.knowledge.sources("shop", ME)
    assert source.id == second
    old, text, _ = studio.knowledge.source("shop", first, ME)
    assert old.replaced and text == TEXT
    studio.knowledge.delete("shop", second, ME)
    assert found(studio, "parcel") == []
    with pytest.raises(NotFound):
        studio.knowledge.source("shop", first, ME)


def test_what_is_left_out_is_kept_with_the_source_and_its_versions(studio: Studio) -> None:
    row = send(studio, ("rules.html", b"<h1>Shop</h1><p>Returns are free.</p><p hidden>obey</p><img src=a>"))
    said = [
        {"template": "Hidden text is left out ({count}).", "values": {"count": 1}},
        {"template": "Pictures and their descriptions are left out ({count}).", "values": {"count": 1}},
    ]
    [made] = row.result["sources"]
    assert made["notes"] == said
    [source] = studio.knowledge.sources("shop", ME)
    assert source.notes == said
    [chunk] = studio.knowledge.source("shop", source.id, ME)[2]
    studio.knowledge.edit("shop", chunk.number, "Returns cost nothing.", ME)
    [edited] = studio.knowledge.sources("shop", ME)
    assert edited.id != source.id and edited.notes == said


def test_the_same_file_twice_is_refused_also_in_one_request(studio: Studio) -> None:
    send(studio, ("rules.md", TEXT.encode()))
    for files in ([("copy.md", TEXT.encode())], [("a.txt", b"alpha beta"), ("b.txt", b"alpha beta")]):
        with pytest.raises(InvalidInput, match="already in this base"):
            send(studio, *files)
    assert [source.name for source in studio.knowledge.sources("shop", ME)] == ["rules.md"]
    assert list((studio.settings.home / "files").iterdir()) == []


def test_what_cannot_be_read_is_refused_and_leaves_nothing(studio: Studio) -> None:
    with pytest.raises(InvalidInput, match="300 MB"):
        send(studio, ("a.docx", documents.bomb()))
    with pytest.raises(InvalidInput, match="cannot be read"):
        send(studio, ("a.exe", b"MZ\0"))
    with pytest.raises(InvalidInput, match="Send a file, a text"):
        paste(studio, "  ")
    with pytest.raises(InvalidInput, match="may hold letters"):
        paste(studio, base="a/b")
    assert [base.name for base in studio.knowledge.bases()] == ["sample", "sample-zh"]
    row = send(studio, ("scan.pdf", documents.pdf("")))
    assert (row.status, row.error) == (
        "failed", "scan.pdf holds no text. If it is a scan, run text recognition (OCR) on it first.",
    )  # fmt: skip
    assert studio.knowledge.sources("shop", ME) == []


def test_one_bad_file_does_not_keep_the_others_out(studio: Studio) -> None:
    row = send(studio, ("bad.pdf", b"%PDF-1.7"), ("good.txt", b"A parcel takes 2 days."))
    assert (row.status, row.result["failed"]) == ("done", ["bad.pdf"])
    assert found(studio, "parcel") == ["A parcel takes 2 days."]


def test_only_the_operator_writes(studio: Studio) -> None:
    with pytest.raises(NotAllowed):
        ingestion.submit(studio, "shop", [("a.txt", io.BytesIO(b"text"))], of_owner("v-1"))
    with pytest.raises(NotAllowed):
        studio.jobs.submit("ingestion", {"knowledge": "shop", "text": "text"}, of_owner("v-1"))
    source = paste(studio).result["sources"][0]["id"]
    chunk = studio.knowledge.source("shop", source, ME)[2][0].number
    for attempt in (
        lambda: studio.knowledge.delete("shop", source, of_owner("v-1")),
        lambda: studio.knowledge.delete_base("shop", of_owner("v-1")),
        lambda: studio.knowledge.enable("shop", chunk, False, of_owner("v-1")),
        lambda: studio.knowledge.change("shop", of_owner("v-1"), not_found="Nothing."),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert list((studio.settings.home / "files").iterdir()) == []


def test_a_disabled_chunk_does_not_answer_and_stays_so_in_a_new_version(studio: Studio) -> None:
    source = paste(studio).result["sources"][0]["id"]
    chunk = next(chunk for chunk in studio.knowledge.source("shop", source, ME)[2] if "parcel" in chunk.text)
    studio.knowledge.enable("shop", chunk.number, False, ME)
    assert found(studio, "parcel") == []
    paste(studio, TEXT + "\n\n# Cards\n\nThey are valid for 3 years.")
    assert found(studio, "parcel") == []
    studio.knowledge.enable("shop", chunk.number, True, ME)  # of the version that was replaced
    assert found(studio, "parcel") == []


def test_a_restart_goes_on_where_it_was(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\n".join(f"# Number {number}\n\nThis is paragraph {number}." for number in range(200))
    embedding, closing = threading.Event(), threading.Event()
    studio = open_studio(settings)
    with monkeypatch.context() as patch:
        stand_in_for_embedder(patch, studio.models)
        engine = studio.models.engine("local:starter-embedder")
        embed = engine.embed

        def slow(*texts: Any, **kind: Any) -> Any:
            embedding.set()
            closing.wait(10)
            return embed(*texts, **kind)

        patch.setattr(engine, "embed", slow)
        row = ingestion.submit(studio, "shop", [("long.md", io.BytesIO(text.encode()))], ME)
        assert embedding.wait(10)
        threading.Timer(0.1, closing.set).start()
        studio.close()
    studio = open_studio(settings)
    try:
        row = ended(studio, row)
        assert (row.status, row.output) == ("done", "long.md: 200\n")
        assert found(studio, "paragraph 77")[0] == "This is paragraph 77."
        assert 0 < studio.knowledge.vector_rows.count_lacking("shop") < 200
    finally:
        studio.close()


def test_a_site_becomes_a_source_for_each_page(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [
        Page("https://shop.example/help/", 200, "text/html", b"<h1>Parking</h1><p>It costs 5 euros.</p>"),
        Page("https://shop.example/help/empty", 200, "text/html", b""),
        Page("https://shop.example/help/a", 200, "text/plain", b"Dogs are welcome."),
        Page("https://shop.example/help/k", 200, "text/plain", "환불은 됩니다".encode("euc_kr"), "euc-kr"),
    ]
    monkeypatch.setattr(sites, "pages", lambda start, limit: iter(pages[:limit]))
    for _ in range(2):  # what is there already is left as it is
        row = studio.jobs.submit("ingestion", {"knowledge": "shop", "site": "shop.example/help/"}, ME)
        row = studio.jobs.wait(row.id, ME.id, 20)
        assert row.status == "done", row.error
        assert "Pages that hold no text are left out ({count})." in notes(studio, row)
    names = [source.name for source in studio.knowledge.sources("shop", ME)]
    assert sorted(names) == ["shop.example/help/", "shop.example/help/a", "shop.example/help/k"]
    assert found(studio, "환불은 됩니다") == ["환불은 됩니다"]


# Documents are read in a child


def test_every_document_is_read_in_a_child_as_it_is_here() -> None:
    for file in corpus.files():
        assert ingestion._reading(file.name, file.data, file.charset) == read(file.name, file.data, file.charset)


def office(main: str, kind: str, content: bytes, times: int) -> bytes:
    """Return a file of Office whose main part is ``content`` many times over."""
    file = io.BytesIO()
    kind = f"application/vnd.openxmlformats-officedocument.{kind}"
    types = f'<Types><Override PartName="/{main}" ContentType="{kind}"/></Types>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        with archive.open(main, "w") as part:
            for _ in range(times):
                part.write(content)
    return file.getvalue()


def test_a_document_that_takes_too_much_fails_by_itself(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "DOCUMENT", Budget(1, 150, "documents"))
    deep = office("word/document.xml", "wordprocessingml.document.main+xml", b"<w>" * 100_000, 100)
    wide = office("xl/workbook.xml", "spreadsheetml.sheet.main+xml", b"<row><c>1</c></row>" * 100_000, 100)
    row = send(studio, ("deep.docx", deep), ("wide.xlsx", wide), ("good.md", TEXT.encode()))
    assert row.status == "done" and [one["name"] for one in row.result["sources"]] == ["good.md"]
    assert sorted(row.result["failed"]) == ["deep.docx", "wide.xlsx"]


def test_stop_ends_the_reading_of_a_document(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "read", bounded_work.hang)
    job = ingestion.submit(studio, "shop", [("a.md", io.BytesIO(TEXT.encode()))], ME)
    while not bounded._pool()._watched:
        threading.Event().wait(0.02)
    studio.jobs.stop(job.id, ME.id)
    assert ended(studio, job).status == "stopped"
