"""People by the thousand with every odd text that lists must bear, always the same ones.

They are written as rows, not by verbs: verbs would clean their texts, and take a minute.
"""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from turnout.core.ids import OrgId
from turnout.store import Tx

FIRST_ID = 100_001
COUNT = 1_203
"""More than two batches of every kind, and a last one that is not full."""
SEED = 20_261_129
INSTANT = 1_798_794_000_000
YEAR_MS = 31_557_600_000

Facts = dict[str, Any]

ODD = (
    *("", "", "", "", " ", "Ada", "Ng", "O'Neill", "Jean-Luc", "Smith, Jr.", "Dr; h.c."),
    *("Zoë", "Ørsted", "Łukasz", "Ștefan", "İpek", "ß", "Αλέξανδρος", "Владимир", "עִבְרִית"),
    *("محمد", "हिन्दी", "ไทย", "中村", "김철수", "e\u0301", "🚊👩‍👩‍👧", "\u202eabc", "\u200b"),
    *("\ufeffx",),
    *("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"),
    *("\u3000=1",),
    *("+49 30 1234", "-1,000", "+1.5", "-", "=", "1e5", "007", "a,=1", "a;+x", "a|@x", "a\t-x"),
    *(" =1", "\xa0=1", "\t1", "\r1", "\n1", "a\nb", "a\r\nb"),
    *('say "hi"', '"', "''", "'=1", "a\\b"),
    *("<b>&amp;</b>", "]]>", "a>b", "x\ty", "\x01", "\x0b", "\x1f", "a\x1fb", "\x7f", "\x85"),
    *("\xad",),
    *("\u2028", "\u2029", "\ufffe", "\uffff", "\ufffd", "\U0010ffff", "/*", "null", "{}", "%s"),
    *("x" * 700,),
)  # fmt: skip


class Oddities:
    """Texts and numbers, drawn in the same order in every run."""

    def __init__(self, seed: int = SEED) -> None:
        self._random = random.Random(seed)

    def text(self) -> str:
        """Often one text of the list, now and then some of them in a row."""
        some = self._random.choices(ODD, k=self._random.choice((1, 1, 1, 1, 2, 3)))
        return "".join(some)

    def instant(self) -> int:
        """Within thirty years, in any offset of any zone, to the millisecond."""
        return INSTANT + self._random.randrange(-15 * YEAR_MS, 15 * YEAR_MS)

    def below(self, limit: int) -> int:
        return self._random.randrange(limit)


def add_rows(tx: Tx, table: str, rows: Sequence[Facts]) -> None:
    """Write rows of a table, all with the same columns."""
    columns = list(rows[0])
    mark = "?" if tx.backend == "sqlite" else "%s"
    marks = ", ".join(mark for _ in columns)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    tx.connection.cursor().executemany(statement, [tuple(row.values()) for row in rows])


def add_people(tx: Tx, org_id: OrgId, odd: Oddities, first: int = FIRST_ID) -> range:
    """Write so many people; their numbers."""
    numbers = range(first, first + COUNT)
    add_rows(tx, "people", list(_people(org_id, odd, numbers)))
    return numbers


def _people(org_id: OrgId, odd: Oddities, numbers: range) -> Iterator[Facts]:
    for number in numbers:
        yield {
            "org_id": org_id,
            "id": number,
            "uuid": uuid_of(number),
            "email": f"{odd.text()}{number}@example.com" if number % 9 else "",
            "email_key": f"{number}@example.com",
            "title": odd.text(),
            "first_name": odd.text(),
            "last_name": odd.text(),
            "company": odd.text(),
            "job_title": odd.text(),
            "address_line1": "",
            "address_line2": "",
            "address_line3": "",
            "city": "",
            "county_or_state": "",
            "post_code": "",
            "country_code": odd.text(),
            "phone": odd.text(),
            "created_at": 1,
            "updated_at": 1,
        }


def uuid_of(number: int) -> str:
    """A GUID that is known by its number."""
    return f"10000000-0000-4000-8000-{number:012d}"


def register_people(
    tx: Tx, org_id: OrgId, people: range, ticket_type_id: int, rows: Sequence[Facts]
) -> None:
    """Write a registration for each of these people; `rows` have what is each one's own."""
    common = {"org_id": org_id, "ticket_type_id": ticket_type_id, "source": "test", "updated_at": 1}
    add_rows(
        tx,
        "registrations",
        [
            common | {"id": number, "uuid": uuid_of(number), "person_id": number, **own}
            for number, own in zip(people, rows, strict=True)
        ],
    )
