"""Pictures: what was drawn, file by file, with every setting it was drawn with; and the boards they are put on.

A page of the gallery is read from one index, so that the first of 100,000 costs what the first of 100 does. Words find
a picture through its job (``fulltext``). Knows nothing about how anything is drawn, nor about the bytes of a picture.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from assistants.errors import InvalidInput, NotFound
from assistants.requests import one_line
from assistants.store import Store, new_id, now
from assistants.store.files import Files
from assistants.store.fulltext import escape_like, queries

LIMIT = 200
MAX_BOARDS = 500
MAX_NAME = 100
FEW = 5000

COLUMNS = "id, job, kind, place, width, height, seed, prompt, model, starred, created"
# What hangs on a job in the trash lies there with it.
SHOWN = "FROM pictures WHERE owner = ? AND deleted IS NULL AND job NOT IN (SELECT id FROM jobs WHERE deleted NOT NULL)"
BY_WORDS = "job IN (SELECT jobs.id FROM words JOIN jobs ON jobs.number = words.rowid WHERE words MATCH ?)"
NO_PICTURE = "There is no such picture."


@dataclass(frozen=True)
class Picture:
    """A picture: ``kind`` is picture, unfinished, grid or upscaled; its id is that of its file; sizes in pixels."""

    id: str
    job: str
    kind: str
    place: int
    width: int
    height: int
    seed: int | None
    prompt: str
    model: str
    starred: bool
    created: str
    boards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A picture with all that made it: the ``settings`` that draw it again, and what it was ``made_with``.

    ``pixels`` is the sha256 of its pixels.
    """

    picture: Picture
    settings: dict[str, Any]
    made_with: dict[str, str]
    pixels: str


@dataclass(frozen=True)
class Board:
    """A board, and how many pictures are on it."""

    id: str
    name: str
    pictures: int


@dataclass(frozen=True)
class Wanted:
    """Which pictures of the gallery; ``before`` is the id of the last one of the page before."""

    query: str = ""
    starred: bool = False
    board: str | None = None
    before: str | None = None
    limit: int = 60


@dataclass(frozen=True)
class Page:
    """Some pictures, the newest first, with the cursor of the next page, and how many there are in all."""

    pictures: list[Picture] = field(default_factory=list)
    next: str | None = None
    total: int = 0


class Pictures:
    """The tables ``pictures``, ``boards`` and ``board_pictures``."""

    def __init__(self, store: Store, files: Files, thumbnails: Path) -> None:
        self._store = store
        self._files = files
        self._thumbnails = thumbnails

    def add(self, owner: str, made: Made) -> None:
        """Write down a picture whose file is kept already."""
        row = asdict(made.picture)
        del row["boards"]
        texts = {"settings": made.settings, "made_with": made.made_with}
        row |= {name: json.dumps(value, ensure_ascii=False) for name, value in texts.items()}
        with self._store.write() as db:
            db.table("pictures").insert(row | {"owner": owner, "pixels": made.pixels})

    def get(self, picture: str, owner: str) -> Made:
        """Return the owner's picture or raise ``NotFound``."""
        with self._store.read() as db:
            row = db.execute(f"SELECT * {SHOWN} AND id = ?", (owner, picture)).fetchone()
            if row is None:
                raise NotFound(NO_PICTURE)
            found = _with_boards(db, [row])[0]
        return Made(found, json.loads(row["settings"]), json.loads(row["made_with"]), row["pixels"])

    def page(self, owner: str, wanted: Wanted) -> Page:
        """Return a page of the gallery."""
        if not 1 <= wanted.limit <= LIMIT:
            raise InvalidInput("limit", "{field} must be between {low} and {high}.", low=1, high=LIMIT)
        tests, values = _conditions(wanted)
        where = "".join(f" AND {test}" for test in tests)
        after, last = (" AND id < ?", [wanted.before]) if wanted.before else ("", [])
        with self._store.read() as db:
            # Words find few jobs: it pays to begin with those, unless there are so many that the newest are soon found.
            by_job = SHOWN.replace("pictures", "pictures INDEXED BY pictures_job", 1)
            counted = by_job if BY_WORDS in tests else SHOWN
            total = db.execute(f"SELECT count(*) {counted}{where}", (owner, *values)).fetchone()[0]
            begin = by_job if BY_WORDS in tests and total < FEW else SHOWN
            sql = f"SELECT {COLUMNS} {begin}{where}{after} ORDER BY id DESC LIMIT ?"
            rows = db.execute(sql, (owner, *values, *last, wanted.limit + 1)).fetchall()
            pictures = _with_boards(db, rows[: wanted.limit])
        return Page(pictures, pictures[-1].id if len(rows) > wanted.limit else None, total)

    def of_job(self, job: str, *, trashed: bool = False) -> list[Picture]:
        """Return the pictures that a job made, those in the trash only if asked, in order.

        For callers that know the owner.
        """
        with self._store.read() as db:
            sql = f"SELECT {COLUMNS} FROM pictures WHERE job = ? AND (deleted IS NULL OR ?) ORDER BY place, id"
            return _with_boards(db, db.execute(sql, (job, trashed)).fetchall())

    def of_styles(self, owner: str) -> dict[str, str]:
        """Return the owner's latest picture in each style: what a style looks like here."""
        where = "owner = ? AND style IS NOT NULL AND deleted IS NULL"
        sql = f"SELECT style, max(id) FROM pictures WHERE {where} GROUP BY style"
        with self._store.read() as db:
            return {row[0]: row[1] for row in db.execute(sql, (owner,))}

    def star(self, picture: str, owner: str, starred: bool) -> None:
        """Mark a picture with a star, or no longer."""
        self._change([picture], owner, "starred = ?", int(starred))

    def trash(self, pictures: list[str], owner: str) -> None:
        """Put pictures into the trash; all of them, or none where one is not there."""
        self._change(pictures, owner, "deleted = ?", now())

    def restore(self, pictures: list[str], owner: str) -> int:
        """Take pictures out of the trash and return how many; those that are not in it stay as they are."""
        sql = "UPDATE pictures SET deleted = NULL WHERE id = ? AND owner = ? AND deleted IS NOT NULL"
        with self._store.write() as db:
            return sum(db.execute(sql, (picture, owner)).rowcount for picture in pictures)

    def _change(self, pictures: list[str], owner: str, change: str, value: Any) -> None:
        sql = f"UPDATE pictures SET {change} WHERE id = ? AND owner = ? AND deleted IS NULL"
        with self._store.write() as db:
            for picture in dict.fromkeys(pictures):
                if not db.execute(sql, (value, picture, owner)).rowcount:
                    raise NotFound(NO_PICTURE)

    # Boards

    def boards(self, owner: str) -> list[Board]:
        """Return the owner's boards by name."""
        sql = """
            SELECT boards.id, boards.name, count(pictures.id) AS pictures FROM boards
            LEFT JOIN board_pictures ON board_pictures.board = boards.id
            LEFT JOIN pictures ON pictures.id = board_pictures.picture AND pictures.deleted IS NULL
            WHERE boards.owner = ? GROUP BY boards.id ORDER BY boards.name, boards.id
        """
        with self._store.read() as db:
            return [Board(**row) for row in db.execute(sql, (owner,)).fetchall()]

    def add_board(self, owner: str, name: str) -> Board:
        """Make a board; raises ``InvalidInput`` if there is one of that name, or too many."""
        with self._store.write() as db:
            names = [row["name"] for row in db.execute("SELECT name FROM boards WHERE owner = ?", (owner,))]
            name = _named(name, names)
            if len(names) >= MAX_BOARDS:
                raise InvalidInput("name", "There may be at most {limit} boards.", limit=MAX_BOARDS)
            board = {"id": new_id(), "owner": owner, "name": name, "created": now()}
            db.table("boards").insert(board)
        return Board(board["id"], board["name"], 0)

    def rename_board(self, board: str, owner: str, name: str) -> None:
        """Give a board another name."""
        with self._store.write() as db:
            self._check_board(db, board, owner)
            others = db.execute("SELECT name FROM boards WHERE owner = ? AND id != ?", (owner, board))
            name = _named(name, [row["name"] for row in others])
            db.execute("UPDATE boards SET name = ? WHERE id = ?", (name, board))

    def delete_board(self, board: str, owner: str) -> None:
        """Delete a board; its pictures stay."""
        with self._store.write() as db:
            self._check_board(db, board, owner)
            db.execute("DELETE FROM board_pictures WHERE board = ?", (board,))
            db.execute("DELETE FROM boards WHERE id = ?", (board,))

    def put_on_board(self, board: str, owner: str, add: list[str], remove: list[str]) -> None:
        """Put pictures on a board and take others off it."""
        with self._store.write() as db:
            self._check_board(db, board, owner)
            for picture in add:
                if db.execute(f"SELECT 1 {SHOWN} AND id = ?", (owner, picture)).fetchone() is None:
                    raise NotFound(NO_PICTURE)
                db.execute("INSERT OR IGNORE INTO board_pictures VALUES (?, ?)", (board, picture))
            for picture in remove:
                db.execute("DELETE FROM board_pictures WHERE board = ? AND picture = ?", (board, picture))

    @staticmethod
    def _check_board(db: Any, board: str, owner: str) -> None:
        if db.execute("SELECT 1 FROM boards WHERE id = ? AND owner = ?", (board, owner)).fetchone() is None:
            raise NotFound("There is no such board.")

    # For good

    def thumbnail(self, picture: str) -> Path:
        """Return where the small copy of a picture lies, or will."""
        self._thumbnails.mkdir(exist_ok=True)
        return self._thumbnails / f"{picture}.webp"

    def drop_unfinished(self, job: str) -> None:
        """Delete what was kept of a job's pictures when it was broken off; for callers that know the owner."""
        with self._store.write() as db:
            rows = db.execute("SELECT id FROM pictures WHERE job = ? AND kind = 'unfinished'", (job,)).fetchall()
            ids = [row["id"] for row in rows]
            paths = self._forget(db, ids)
        for picture in ids:
            self._files.drop(picture)
        for path in paths:
            path.unlink(missing_ok=True)

    def _forget(self, db: Any, ids: list[str]) -> list[Path]:
        for table, column in (("board_pictures", "picture"), ("pictures", "id")):
            db.conn.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(one,) for one in ids])
        return [self._thumbnails / f"{one}.webp" for one in ids]


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    tests, values = [], []
    every, _ = queries(wanted.query)
    if every:
        tests.append(BY_WORDS)
        values.append(every)
    elif wanted.query.strip():
        tests.append(r"prompt LIKE ? ESCAPE '\'")
        values.append(f"%{escape_like(wanted.query.strip())}%")
    if wanted.starred:
        tests.append("starred = 1")
    if wanted.board:
        tests.append("id IN (SELECT picture FROM board_pictures WHERE board = ?)")
        values.append(wanted.board)
    return tests, values


def _with_boards(db: Any, rows: list[Any]) -> list[Picture]:
    ids = json.dumps([row["id"] for row in rows])
    boards: dict[str, list[str]] = {}
    sql = "SELECT picture, board FROM board_pictures WHERE picture IN (SELECT value FROM json_each(?)) ORDER BY board"
    for one in db.execute(sql, (ids,)):
        boards.setdefault(one["picture"], []).append(one["board"])
    names = COLUMNS.split(", ")
    found = [{name: row[name] for name in names} for row in rows]
    return [
        Picture(**one | {"starred": bool(one["starred"])}, boards=tuple(boards.get(one["id"], ()))) for one in found
    ]


def _named(name: str, taken: list[str]) -> str:
    name = one_line(name, MAX_NAME)
    if name in taken:
        raise InvalidInput("name", "There is a board named {name} already.", name=name)
    return name
