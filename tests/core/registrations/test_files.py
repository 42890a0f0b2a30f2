"""Registrations from rows of files, on both databases."""

import pytest

from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.importing.records import Record
from turnout.core.registrations.files import (
    REGISTRATIONS,
    SOURCE,
    Choices,
    import_registration,
    note_questions,
    read_choices,
    row_of,
)
from turnout.core.registrations.listing import RegistrationFilter, list_registrations
from turnout.errors import Invalid


@pytest.fixture
def choices(db, account) -> Choices:
    return db.call(read_choices, account.org_id, account.event.id)


def row(email: str, customs: dict[str, str] | None = None, **values: str) -> Record:
    given = dict.fromkeys(REGISTRATIONS.keys, "") | {"email": email} | values
    return Record(2, given, customs or {}, {key: key for key in given})


def take(db, account, choices, record):
    return db.call(
        import_registration,
        account.org_id,
        choices,
        record,
        ticket_type_id=None,
        is_mailed=False,
        actor="test",
    )


def test_a_row_is_registered_as_staff_would_and_again_changes_nothing(db, account, choices) -> None:
    session = account.sessions[0]
    record = row(
        "ada@example.com",
        {"Diet": "vegan"},
        firstname="Ada",
        session=f"{session.pak}; {account.sessions[1].title.upper()}",
        country="Deutschland",
    )
    first, again = (take(db, account, choices, record) for _ in range(2))
    assert (first.is_new, again.is_new) == (True, False)
    assert first.registration_id == again.registration_id
    wanted = RegistrationFilter(event_id=account.event.id)
    (found,) = db.call(list_registrations, account.org_id, wanted, limit=10)
    questions: dict[str, None] = {}
    note_questions(questions, [found])
    assert list(questions) == ["Diet"]
    assert row_of(found, ["Diet", "Pet"], "UTC")[1:7] == [
        *("confirmed", "Ada", "", "ada@example.com", "", "General admission"),
    ]
    assert row_of(found, ["Diet", "Pet"], "UTC")[-2:] == ["vegan", ""]
    assert found.source == SOURCE
    entries = db.call(list_entries, account.org_id, "registration", first.registration_id)
    assert {(entry.actor, entry.action) for entry in entries} == {("test", "added")}


@pytest.mark.parametrize(
    ("values", "code", "facts"),
    [
        (
            {"tickettype": "Nothing"},
            "import.ticket_type",
            {"name": "Nothing", "known": ["General admission"]},
        ),
        (
            {"session": "Nothing"},
            "import.session",
            {"name": "Nothing", "known": ["Talk 1", "Talk 2", "Talk 3"]},
        ),
        ({"country": "Nowhere"}, "import.country", {"country": "Nowhere"}),
    ],
)
def test_what_the_event_does_not_have_registers_nobody(
    db, account, choices, values, code, facts
) -> None:
    with refuses(Invalid, code, **facts):
        take(db, account, choices, row("bob@example.com", **values))
    wanted = RegistrationFilter(event_id=account.event.id)
    assert db.call(list_registrations, account.org_id, wanted, limit=10) == []
