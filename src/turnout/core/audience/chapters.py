"""Chapters of what a session shows: from which second on which one is shown."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.fields import check_filled, check_line
from turnout.core.ids import OrgId, SessionId
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

MOST = 200
_LINE = re.compile(r"(?:(\d{1,2}):)?(\d{1,2}):([0-5]\d)[ \t]+(.+)", re.ASCII)


class Chapter(msgspec.Struct, frozen=True):
    """A chapter that begins at the second `at` of the recording."""

    at: int
    title: str

    @property
    def said_at(self) -> str:
        """`1:30`, or from an hour on `1:02:03`."""
        minutes, seconds = divmod(self.at, 60)
        hours, rest = divmod(minutes, 60)
        return f"{hours}:{rest:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


_chapters = msgspec.json.Decoder(list[Chapter])


def read_chapters(lines: Iterable[str]) -> list[Chapter]:
    """Chapters as people write them, one a line: `1:30 Welcome`, `1:02:03 Questions`. Empty lines
    are left out. Raises Invalid for another line."""
    return [_read(line.strip()) for line in lines if line.strip()]


def write_chapters(chapters: Iterable[Chapter]) -> str:
    """The lines that `read_chapters` reads."""
    return "\n".join(f"{chapter.said_at} {chapter.title}" for chapter in chapters)


def set_chapters(
    tx: Tx, org_id: OrgId, session_id: SessionId, chapters: Sequence[Chapter], *, actor: str
) -> list[Chapter]:
    """Keep the chapters of what a session shows, instead of those of before; returns them in order.
    Idempotent. Raises Missing for a session that shows nothing, Invalid for two at one second,
    more than 200, or a title that is no line."""
    kept = sorted(chapters, key=lambda chapter: chapter.at)
    if len(kept) > MOST:
        raise Invalid("chapters.many", limit=MOST)
    for chapter in kept:
        check_filled("title", chapter.title)
        check_line("title", chapter.title)
    if len({chapter.at for chapter in kept}) < len(kept):
        raise Invalid("chapters.twice")
    said = to_json(kept)
    if not sql.set_chapters(tx, org_id=org_id, session_id=session_id, chapters=said, now=tx.now):
        raise Missing("media.missing", session_id=session_id)
    record(tx, org_id, actor, "set chapters", "session", session_id, count=len(kept))
    return kept


def list_chapters(tx: Tx, org_id: OrgId, session_id: SessionId) -> list[Chapter]:
    """The chapters of what a session shows, in order; none where it shows nothing."""
    return _chapters.decode(sql.find_chapters(tx, org_id=org_id, session_id=session_id) or "[]")


def _read(line: str) -> Chapter:
    found = _LINE.fullmatch(line)
    if not found or (found[1] and int(found[2]) > 59):
        raise Invalid("chapters.line", line=line)
    hours, minutes, seconds = int(found[1] or 0), int(found[2]), int(found[3])
    return Chapter(hours * 3600 + minutes * 60 + seconds, found[4].strip())
