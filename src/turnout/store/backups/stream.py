"""The file of a backup: gzip around lines of JSON.

The first line is the head. Each table begins with a line of its name, its columns and the numbers
of those that hold bytes (as base64); lines of up to 500 rows follow. The last line has the counts
of all tables and the next number of each sequence; a file without it was cut short. gzip's own
checksum finds a changed byte.

If you change the format, raise FORMAT and go on reading the former ones.
"""

import base64
import gzip
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from turnout.errors import Conflict, Invalid

FORMAT = 1
BATCH = 500
FILE_BATCH = 8
# A line holds a batch: of files' pieces a few, so that this is far above what is written.
LINE_BYTES_LIMIT = 2**28
_LEVEL = 3

Row = tuple[Any, ...]
T = TypeVar("T")
Progress = Callable[[str, int, int], object]
"""Called with a table's name, how many rows are done, and of how many (of all tables)."""


class Table(NamedTuple):
    """A table: its name, its columns in order, how many rows, and which columns hold bytes."""

    name: str
    columns: tuple[str, ...]
    row_count: int
    bytes_at: tuple[int, ...]


class Source(Protocol):
    """A database as of one instant."""

    schema: str | None
    at: int

    def list_tables(self) -> list[Table]:
        """All tables, each behind those that it refers to."""

    def read_rows(self, table: Table) -> Iterator[list[Row]]:
        """Its rows in batches."""

    def read_sequences(self) -> dict[str, int]:
        """The next number of each sequence."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line."""

    turnout: str
    format: int
    schema: str
    at: int


class TableHead(msgspec.Struct, frozen=True, kw_only=True):
    """The line before a table's rows."""

    table: str
    columns: tuple[str, ...]
    bytes_at: tuple[int, ...] = ()


class Foot(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    tables: dict[str, int]
    sequences: dict[str, int]


class Contents(NamedTuple):
    """What a backup holds: the schema, the instant (epoch ms), rows by table, next numbers."""

    schema: str
    at: int
    tables: dict[str, int]
    sequences: dict[str, int]

    @property
    def row_count(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())


_encode = msgspec.json.Encoder().encode
_decode_rows = msgspec.json.Decoder(list[list[Any]]).decode
_decode_head = msgspec.json.Decoder(Head).decode
_decode_table = msgspec.json.Decoder(TableHead).decode
_decode_foot = msgspec.json.Decoder(Foot).decode


def write_backup(file: Path, source: Source, progress: Progress) -> Contents:
    """Write it all beside `file`, read it to its end again, and give it its name.

    Raises Conflict if that is taken. After a failure nothing is left.
    """
    _check_free(file)
    draft = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with _open_draft(draft) as out:
            contents = _write(out, source, progress)
        if read_contents(draft) != contents:
            raise Invalid("backup.damaged", file=draft)
        _check_free(file)
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(file.parent)
    return contents


def read_contents(file: Path) -> Contents:
    """Read the file to its end. Raises Invalid if it is no backup, damaged or cut short."""
    counts: dict[str, int] = {}
    reader = _Reader(file)
    for table, _, batches in reader.read_tables():
        counts[table] = sum(map(len, batches))
    if reader.foot is None or reader.foot.tables != counts:
        raise Invalid("backup.damaged", file=file)
    return Contents(reader.head.schema, reader.head.at, counts, reader.foot.sequences)


def read_rows(file: Path) -> Iterator[tuple[str, tuple[str, ...], Iterator[list[Row]]]]:
    """Each table: its name, its columns, and its rows in batches, which must be read first."""
    return _Reader(file).read_tables()


def _check_free(file: Path) -> None:
    if file.exists():
        raise Conflict("backup.file_exists", file=file)


@contextmanager
def _open_draft(draft: Path) -> Iterator[gzip.GzipFile]:
    draft.unlink(missing_ok=True)
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as raw:
        # No name and no time: the same contents are the same bytes.
        with gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as out:
            yield out
        raw.flush()
        os.fsync(raw.fileno())


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _write(out: gzip.GzipFile, source: Source, progress: Progress) -> Contents:
    tables = source.list_tables()
    total = sum(table.row_count for table in tables)
    counts: dict[str, int] = {}
    done = 0
    schema = source.schema or ""
    _write_line(out, Head(turnout="backup", format=FORMAT, schema=schema, at=source.at))
    for table in tables:
        _write_line(
            out, TableHead(table=table.name, columns=table.columns, bytes_at=table.bytes_at)
        )
        counts[table.name] = 0
        for rows in source.read_rows(table):
            _write_line(out, rows)
            counts[table.name] += len(rows)
            done += len(rows)
            progress(table.name, done, max(done, total))
    sequences = source.read_sequences()
    _write_line(out, Foot(tables=counts, sequences=sequences))
    return Contents(schema, source.at, counts, sequences)


def _write_line(out: gzip.GzipFile, line: object) -> None:
    out.write(_encode(line) + b"\n")  # bytes become base64


class _Reader:
    """A file from its head to its foot, which is there once all tables were read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = self._read_lines()
        self.foot: Foot | None = None
        self.head = self._read_head()

    def read_tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterator[list[Row]]]]:
        """Each table, with batches that have to be used up before the next."""
        self._line = self._next()
        while self._line.startswith(b'{"table"'):
            head = self._decode(_decode_table, self._line)
            yield head.table, head.columns, self._read_batches(head)
        self.foot = self._decode(_decode_foot, self._line)
        if next(self._lines, None) is not None:
            raise Invalid("backup.damaged", file=self._file)

    def _read_head(self) -> Head:
        try:
            head = _decode_head(next(self._lines, b""))
        except (msgspec.DecodeError, Invalid) as error:
            raise Invalid("backup.none", file=self._file) from error
        if head.turnout != "backup" or head.format > FORMAT:
            raise Invalid("backup.none", file=self._file)
        return head

    def _read_batches(self, head: TableHead) -> Iterator[list[Row]]:
        while (line := self._next()).startswith(b"["):
            yield [_read_row(row, head.bytes_at) for row in self._decode(_decode_rows, line)]
        self._line = line

    def _next(self) -> bytes:
        line = next(self._lines, None)
        if line is None:
            raise Invalid("backup.damaged", file=self._file)
        return line

    def _decode(self, decode: Callable[[bytes], T], line: bytes) -> T:
        try:
            return decode(line)
        except msgspec.DecodeError as error:
            raise Invalid("backup.damaged", file=self._file) from error

    def _read_lines(self) -> Iterator[bytes]:
        try:
            with gzip.open(self._file, "rb") as lines:
                while line := lines.readline(LINE_BYTES_LIMIT):
                    yield line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Invalid("backup.damaged", file=self._file) from error


def _read_row(row: list[Any], bytes_at: tuple[int, ...]) -> Row:
    for place in bytes_at:
        row[place] = base64.b64decode(row[place])
    return tuple(row)
