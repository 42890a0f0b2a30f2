"""Erasing one person among very many: nobody is held up, and it ends in time.

Other people are copies of one who is not erased, so every table that grows with registrations is as
long as in a large organization.
"""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.core.registrations.desk import Desk
from tests.support import proof
from tests.support.node import LocalNode
from turnout.core.erasure.erasing import (
    erase_person,
    find_step,
    list_uncleaned,
    mark_cleaned,
    take_step,
)
from turnout.core.erasure.places import TABLES
from turnout.core.messaging.notices import queue_mail
from turnout.core.people.merging import find_person
from turnout.store import Database, Tx

ANN, MODEL = "ann@large.example", "model@large.example"
FEW = ("bob@large.example", "cid@large.example", "dan@large.example")
OTHERS = "'crowd' || n || '@large.example'"
BLANK = f"""'{{"contact":{{"email":"' || {OTHERS} || '"}},"answers":[]}}'"""
FIRST = 10_000_000
# Rows that are copied in a statement: a database gives up one that takes half a minute.
AT_ONCE = 50_000
# What waits for the writer: nobody notices a quarter of a second.
MOST_S, TIMES = 0.25, 20


class Crowd:
    """An organization in which each table has a row of the model."""

    def __init__(self, node: LocalNode) -> None:
        self.node, self.db = node, node.db
        self.desk = Desk(node, node.add_account("large"))
        for email in (ANN, MODEL, *FEW):
            ended = self.desk.decide(self.desk.apply(email, first_name="Somebody"))
            assert {state for state, _ in ended} == {"success"}
            self.db.call(queue_mail, self.desk.org_id, None, "News", ["Come."], [email])

    def multiply(self, count: int) -> None:
        """Copy all that is the model's `count` times."""
        model = f"SELECT id FROM people WHERE email = '{MODEL}'"
        own = f"person_id = ({model})"
        registration = f"registration_id = (SELECT id FROM registrations WHERE {own})"
        number = f"{FIRST} + n"
        copied = {"id": number, "uuid": "'p' || n", "email": OTHERS, "email_key": OTHERS}
        self._copy(count, "people", f"id = ({model})", **copied)
        copied = {"id": number, "uuid": "'r' || n", "person_id": number, "answers": BLANK}
        self._copy(count, "registrations", own, **copied)
        copied = {"id": number, "code": "'C' || n", "registration_id": number}
        self._copy(count, "tickets", registration, **copied)
        copied = {"id": number, "email": OTHERS, "contact": BLANK}
        self._copy(count, "submissions", f"email = '{MODEL}'", **copied)
        told = {"destination": OTHERS, "address": OTHERS, "dedupe_key": "NULL"}
        self._copy(count, "recipients", f"address = '{MODEL}'", id=number, **told)
        self.node.execute("ANALYZE")

    def _copy(self, count: int, table: str, where: str, **own: str) -> None:
        """The table is named first: SQLite would read all of it again for each number."""
        names = self.db.call(lambda tx: _columns(tx, table))
        picked = ", ".join(own.get(name, f"t.{name}") for name in names)
        for first in range(1, count + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, count)
            self.node.execute(
                f"INSERT INTO {table} ({', '.join(names)}) WITH RECURSIVE n (n) AS "
                f"(SELECT {first} UNION ALL SELECT n + 1 FROM n WHERE n < {last}) "
                f"SELECT {picked} FROM {table} t CROSS JOIN n WHERE {where}"
            )

    def erase(self, email: str) -> "Times":
        """Erase somebody, and see it through, as the worker does."""
        person = self.db.call(find_person, self.desk.org_id, email)
        assert person is not None
        began = time.perf_counter()
        times = Times()
        whom = (self.desk.org_id, person.id)
        self._time(times.writes, self.db.call, erase_person, *whom, actor="test")
        while step := self._time(times.reads, self.db.look, find_step):
            self._time(times.writes, self.db.call, take_step, step)
        erased = self.db.call(list_uncleaned)
        assert self.db.scrub(TABLES)
        self.db.call(mark_cleaned, erased)
        times.whole = time.perf_counter() - began
        return times

    def _time(
        self, taken: list[float], run: Callable[..., Any], *arguments: Any, **named: Any
    ) -> Any:
        began = time.perf_counter()
        done = run(*arguments, **named)
        taken.append(time.perf_counter() - began)
        return done

    def rows_of(self, email: str) -> dict[str, int]:
        """In how many rows of each table the address stands."""
        held = {
            "people": "email",
            "registrations": "answers",
            "submissions": "email || contact",
            "recipients": "destination || address || fields",
        }
        count = "SELECT count(*) FROM {} WHERE {} LIKE '%{}%'"
        return {
            table: _ask(self.db, count.format(table, column, email))
            for table, column in held.items()
        }


class Times:
    """How long each transaction that writes took, each look for the next slice, and all of it;
    seconds."""

    def __init__(self) -> None:
        self.writes: list[float] = []
        self.reads: list[float] = []
        self.whole = 0.0


def _columns(tx: Tx, table: str) -> list[str]:
    cursor = tx.connection.execute(f"SELECT * FROM {table} LIMIT 0")
    return [column[0] for column in cursor.description]


def _ask(db: Database, question: str) -> int:
    count: int = db.call(lambda tx: tx.connection.execute(question).fetchone()[0])
    return count


@pytest.mark.proof
@pytest.mark.timed
def test_one_of_very_many_is_erased_in_time(own_node: LocalNode) -> None:
    people, limit_s = proof.scale((20_000, 120), (1_000_000, 1_800))
    crowd = Crowd(own_node)
    small = [crowd.erase(email) for email in FEW]
    crowd.multiply(people)
    before = crowd.rows_of(ANN)
    assert min(before.values()) >= 1
    large = crowd.erase(ANN)
    assert crowd.rows_of(ANN) == dict.fromkeys(before, 0)
    others = f"SELECT count(*) FROM people WHERE id > {FIRST} AND email <> ''"
    assert _ask(crowd.db, others) == people
    usual = max(max(times.writes) for times in small)
    longest = max(large.writes)
    proof.report(
        "erasing at large",
        backend=crowd.db.backend,
        people=people,
        first_ms=round(1000 * large.writes[0]),
        longest_write_ms=round(1000 * longest),
        longest_look_ms=round(1000 * max(large.reads)),
        steps=len(large.reads),
        seconds=round(large.whole, 1),
    )
    assert longest < max(MOST_S, TIMES * usual)
    assert large.whole < limit_s
