"""Registrations from rows of files, on both databases."""

import pytest

from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.events.programme import create_ticket_type
from turnout.core.importing.records import Record
from turnout.core.registrations.files import (
    REGISTRATIONS,
    SOURCE,
    Choices,
    import_registration,
    note_questions,
    read_choices,
    read_exported,
    row_of,
)
from turnout.core.registrations.listing import RegistrationFilter, list_registrations
from turnout.core.tickets.issuing import list_valid_tickets
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
    (exported,) = db.call(read_exported, account.org_id, account.event.id, [found])
    written = row_of(exported, ["Diet", "Pet"], "UTC")
    assert written[1:6] == ["confirmed", "Ada", "", "ada@example.com", ""]
    assert written[12:15] == ["DE", "General admission", "Talk 1; Talk 2"]
    assert written[-2:] == ["vegan", ""]
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


def test_a_row_without_a_type_leaves_what_somebody_has(db, account, choices) -> None:
    whose = (account.org_id, account.event.id)
    vip = db.call(create_ticket_type, *whose, "VIP", actor="test")
    wide = db.call(read_choices, *whose)
    first = take(db, account, wide, row("eve@example.com", tickettype="VIP"))
    again = take(db, account, wide, row("eve@example.com", {"Diet": "none"}, session="Talk 3"))
    assert (again.is_new, again.ticket.id) == (False, first.ticket.id)
    tickets = db.call(list_valid_tickets, account.org_id, first.registration_id)
    assert [ticket.ticket_type_id for ticket in tickets] == [vip.id]
    new = take(db, account, wide, row("fay@example.com"))
    assert new.ticket.ticket_type_id != vip.id


def test_a_row_may_name_several_types(db, account) -> None:
    whose = (account.org_id, account.event.id)
    for name in ("Dinner", "Lunch; soup"):
        db.call(create_ticket_type, *whose, name, actor="test")
    wide = db.call(read_choices, *whose)
    for _ in range(2):
        record = row("gil@example.com", tickettype="Dinner; general admission")
        made = take(db, account, wide, record)
    assert len(db.call(list_valid_tickets, account.org_id, made.registration_id)) == 2
    soup = take(db, account, wide, row("hal@example.com", tickettype="Lunch; soup"))
    wanted = RegistrationFilter(event_id=account.event.id, text="hal@")
    page = db.call(list_registrations, account.org_id, wanted, limit=10)
    (exported,) = db.call(read_exported, *whose, page)
    assert exported.type_names == [str(soup.ticket.ticket_type_id)]
    with refuses(Invalid, "import.ticket_type", name="Tea", known=wide.type_names):
        take(db, account, wide, row("ida@example.com", tickettype="Dinner; Tea"))
