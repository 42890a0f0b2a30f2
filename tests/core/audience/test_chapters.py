"""Chapters of what a session shows."""

import pytest

from tests.core.audience.cinema import Cinema
from turnout.core.audience.chapters import (
    Chapter,
    list_chapters,
    read_chapters,
    set_chapters,
    write_chapters,
)
from turnout.core.audience.media import remove_media
from turnout.errors import Invalid, Missing

LINES = "0:00 Welcome\n12:30 Questions, and answers\n1:02:03 Goodbye"
READ = [Chapter(0, "Welcome"), Chapter(750, "Questions, and answers"), Chapter(3723, "Goodbye")]


def test_chapters_are_read_as_people_write_them_and_written_so() -> None:
    assert read_chapters(["", *LINES.splitlines(), "  "]) == READ
    assert write_chapters(READ) == LINES


@pytest.mark.parametrize("line", ["Welcome", "1:99 Welcome", "1:30", "1:60:00 x", "-1:00 x"])
def test_another_line_is_refused_by_name(line: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_chapters([line])
    assert (refusal.value.code, refusal.value.facts["line"]) == ("chapters.line", line)


def test_they_are_kept_in_order_until_the_session_shows_nothing(cinema: Cinema) -> None:
    where = (cinema.org_id, cinema.talk.id)
    assert cinema.db.call(set_chapters, *where, READ[::-1], actor="t") == READ
    assert cinema.db.call(list_chapters, *where) == READ
    assert cinema.db.call(list_chapters, cinema.org_id, cinema.show.id) == []
    cinema.db.call(remove_media, *where, actor="t")
    assert cinema.db.call(list_chapters, *where) == []


def test_what_cannot_be_is_refused(cinema: Cinema) -> None:
    def refused(chapters: list[Chapter]) -> str:
        with pytest.raises(Invalid) as refusal:
            cinema.db.call(set_chapters, cinema.org_id, cinema.talk.id, chapters, actor="t")
        return refusal.value.code

    assert refused([Chapter(1, "a"), Chapter(1, "b")]) == "chapters.twice"
    assert refused([Chapter(number, "a") for number in range(201)]) == "chapters.many"
    assert refused([Chapter(1, " ")]) == "text.missing"
    with pytest.raises(Missing):
        cinema.db.call(set_chapters, cinema.org_id, cinema.silent.id, READ, actor="t")
