"""Whether a server, and a pooler before it, have as many sessions as one process may want.

Sessions are opened when they are first wanted. Where they are fewer, a pooler lets the others wait
without a word, and the process would stand still at its start or in its first busy minute. So a
process that serves or works asks for all of them at once before it begins, and gives them back.
"""

import re
import threading
import time
from typing import NamedTuple

import psycopg

from turnout.errors import Failure, Unavailable
from turnout.store.pg_connection import OPEN_S, NotAnsweredError
from turnout.store.pg_refusals import explain_refusal, fill_in, names_in, reach
from turnout.store.pg_sessions import Use, connect
from turnout.store.streaming import STREAMS_LIMIT

READERS = 2
LONGEST_S = OPEN_S + 1.0

# What was said to the first that got none, and who must allow more of them.
_LIMITS = (
    (r"connections for role", "ALTER ROLE {role} CONNECTION LIMIT -1;"),
    (r"connections for database", "ALTER DATABASE {name} CONNECTION LIMIT -1;"),
    (r"too many clients|connection slots", "Raise max_connections of the server."),
    (
        r"no answer|query_wait|no more connections|pgbouncer",
        "Raise what the pooler allows (PgBouncer: default_pool_size, max_db_connections).",
    ),
)
# What processes that serve or work have; other commands have readers only.
_OURS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND application_name IN ('turnout-door', 'turnout-write', 'turnout-work')"""
_OTHERWISE = "See what limits the number of connections."


class Room(NamedTuple):
    """How many sessions were wanted and had at once, and why another one was not."""

    wanted: int
    had: int
    error: Exception

    @property
    def said(self) -> str:
        """The beginning of what was said to one that got none."""
        return " ".join(str(self.error).partition("\n")[0].split()).rstrip(".")


def count_threads(threads: int) -> dict[Use, int]:
    """How many sessions a process keeps for what, by TURNOUT_DATABASE_THREADS."""
    threads = max(2, threads)
    return {
        Use.DOOR: threads,
        Use.WRITE: threads,
        Use.WORK: max(1, threads * 3 // 4),
        Use.READ: READERS,
        Use.WAIT: threads,
        Use.NOTIFY: 1,
    }


def count_sessions(threads: int) -> int:
    """How many sessions a process may keep at once, by TURNOUT_DATABASE_THREADS."""
    return sum(count_threads(threads).values())


def count_ours(url: str) -> int | None:
    """How many sessions processes of Turnout have that serve or work; None where that cannot be
    asked."""
    try:
        with reach(url) as connection:
            return int(connection.execute(_OURS).fetchall()[0][0])
    except (Failure, psycopg.Error):
        return None


def find_room(url: str, wanted: int) -> Room:
    """Open so many sessions at once, and close them again; takes up to LONGEST_S."""
    asking = [_Asking(url) for _ in range(wanted)]
    until = time.monotonic() + LONGEST_S
    for request in asking:
        request.ended.wait(max(0.0, until - time.monotonic()))
    had = sum(request.is_in for request in asking)
    for request in asking:
        request.close()
    errors = (request.error for request in asking if request.error)
    return Room(wanted, had, next(errors, NotAnsweredError("no answer")))


def check_room(url: str, threads: int) -> None:
    """Raise Unavailable, with what to do as its note, unless a process can have its sessions."""
    room = find_room(url, count_sessions(threads))
    if room.had >= room.wanted:
        return
    if not room.had:
        raise explain_refusal(url, room.error) from room.error
    failure = Unavailable(
        "store.sessions", had=room.had, wanted=room.wanted, streams=STREAMS_LIMIT, said=room.said
    )
    failure.add_note(advise_room(url, room))
    raise failure


def advise_room(url: str, room: Room) -> str:
    """Who must allow more sessions, or how to want fewer."""
    advice = next((text for words, text in _LIMITS if re.search(words, room.said)), _OTHERWISE)
    fitting = [number for number in range(2, 65) if count_sessions(number) <= room.had]
    if fitting:
        advice += (
            f" Or set TURNOUT_DATABASE_THREADS={fitting[-1]}, which needs "
            f"{count_sessions(fitting[-1])}."
        )
    return fill_in(advice, *names_in(url))


class _Asking:
    """One session that is opened in a thread of its own, and kept until it is closed. A thread
    that is never answered ends by itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.ended = threading.Event()
        self.is_in = False
        self.error: Exception | None = None
        self._closing = threading.Event()
        threading.Thread(target=self._run, name="room", daemon=True).start()

    def close(self) -> None:
        """Give the session back."""
        self._closing.set()

    def _run(self) -> None:
        try:
            with connect(self._url, Use.READ) as connection:
                connection.rollback()
                self.is_in = True
                self.ended.set()
                self._closing.wait()
        except (psycopg.Error, ValueError) as error:
            self.error = error
        finally:
            self.ended.set()
