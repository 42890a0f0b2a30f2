"""Real-world variants of tables, each read as people meant it."""

import io
from contextlib import suppress

import pytest

from tests.core.importing.variants import BOTH, VARIANTS, Variant
from tests.support import proof
from turnout.core.importing.layout import Known
from turnout.core.importing.records import (
    Fault,
    Record,
    Skipped,
    fault_of,
    read_layout,
    read_records,
)
from turnout.errors import Invalid
from turnout.formats.tables import read_table

KNOWN = Known(
    ("email", "firstname", "lastname", "company", "phone", "tickettype", "city", "country",
     "jobtitle", "address", "postcode", "state", "notes"),
    needed=(("email",),),
    customs=20,
)  # fmt: skip


def read(content: bytes) -> tuple[str, list[Record | Fault | Skipped]]:
    with read_table(io.BytesIO(content), "people.csv") as table:
        return table.described, list(read_records(table, read_layout(table, KNOWN)))


def name_of(variant: Variant) -> str:
    return variant.name


@pytest.mark.parametrize("variant", VARIANTS, ids=name_of)
def test_a_file_is_read_as_it_was_meant(variant: Variant) -> None:
    described, found = read(variant.content)
    rows = [row for row in found if isinstance(row, Record)]
    people = tuple((row["firstname"], row["lastname"], row["email"]) for row in rows)
    assert people == variant.people
    assert tuple(row.customs for row in rows) == variant.customs
    assert tuple(str(row) for row in found if isinstance(row, Fault)) == variant.faults
    assert sum(isinstance(row, Skipped) for row in found) == variant.skipped
    assert described.startswith(variant.described)


@pytest.mark.proof
def test_sixty_variants_of_the_world_say_the_same_two_people() -> None:
    """Each alone, cut at any of some places (which must end in rows, faults or a refusal, never in
    another failure)."""
    source = proof.random_for("variants of tables")
    cuts = proof.scale(3, 60)
    tried = 0
    for variant in VARIANTS:
        for _ in range(cuts):
            end = source.randrange(len(variant.content) + 1)
            tried += _reads_or_refuses(variant.content[:end])
        rows = [row for row in read(variant.content)[1] if isinstance(row, Record)]
        assert [(row["firstname"], row["lastname"], row["email"]) for row in rows] == list(BOTH)
    assert len(VARIANTS) >= 60
    proof.report("variants of tables", variants=len(VARIANTS), cuts=tried)


def _reads_or_refuses(content: bytes) -> int:
    with suppress(Invalid):
        read(content)
    return 1


def test_a_heading_is_shown_without_what_a_terminal_would_obey() -> None:
    content = "Email,\x1b[31mRed\x07\nzone,\u202eleft\nada@example.com,1,2\n".encode()
    with read_table(io.BytesIO(content), "people.csv") as table:
        layout = read_layout(table, KNOWN)
    headings = [column.heading for column in layout.columns]
    assert headings == ["Email", "\ufffd[31mRed\ufffd"]


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\x00" * 500, b"\x89PNG\r\n\x1a\n\x00\x00", b"\x1f\x8b\x08\x00"]
)
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        read(content)


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(Invalid, match="has a line of more than 1000000 characters"):
        read(b"Email\n" + b"x," * 1_000_000)


def test_a_fault_has_the_column_and_value_of_what_a_refusal_names() -> None:
    row = Record(4, {"last_name": "Lee\nX"}, {"Q-date": "01.03.2027"}, {"last_name": "Surname"})
    dated = str(fault_of(row, Invalid("answer.not_date", question="Q-date")))
    assert dated == (
        "line 4, column Q-date: 'Q-date' takes a day such as 2027-03-01. It has '01.03.2027' there."
    )
    broken = str(fault_of(row, Invalid("contact.control", field="last name")))
    assert broken.startswith("line 4, column Surname: ")
    assert broken.endswith(" It has 'Lee\\nX' there.")
