"""The intake queue: what is accepted is decided once, and its items end one by one."""

import itertools

import msgspec
import pytest
from structlog.testing import capture_logs

from tests.core.registrations.desk import Desk, Held
from tests.core.registrations.invariants import find_faults
from tests.support.builder import WHEN
from tests.support.node import database, open_node
from turnout.core.events.model import EventState, SessionState
from turnout.core.events.programme import create_session, set_session_state
from turnout.core.identity.credentials import issue_credential, revoke_credential
from turnout.core.identity.idempotency import idempotent_request
from turnout.core.identity.model import CredentialKind, Principal
from turnout.core.ids import CredentialId
from turnout.core.people.merging import find_person, merge_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations import booking, places
from turnout.core.registrations.accepting import Asking, accept, accept_all
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.intake import PAUSES_S, count_waiting, process
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.registrations.places import set_event_state
from turnout.core.registrations.submissions import Application, ItemStatus, QueueItem, TargetNoun
from turnout.core.tickets.issuing import Grant, GrantKind, TicketState, issue_ticket
from turnout.errors import Conflict, Missing, Unauthenticated

SUCCESS = ("success", None)
ADA = "ada@example.com"
ONE_VALID = {TicketState.VALID: 1}


@pytest.fixture(autouse=True)
def _all_is_well(db):
    yield
    assert db.call(find_faults) == {}


# -- accepting -----------------------------------------------------------------------------


def test_each_session_is_queued_once_in_request_order(desk):
    one, two, three = desk.paks
    items = desk.accept(desk.apply(ADA, [three, one, three, two, one]))
    assert [item.session_pak for item in items] == [three, one, two]
    ids = [item.id for item in items]
    assert ids == sorted(set(ids))
    assert {(item.status, item.email, item.person_id) for item in items} == {
        (ItemStatus.QUEUED, ADA, None)
    }
    assert desk.look_up(items) == items
    desk.node.run_intake()


def test_what_leads_to_no_target_is_refused_and_nothing_is_queued(desk, node):
    stranger = node.add_account(f"stranger-{desk.org_id}")
    own = desk.apply(ADA)
    for noun, pak in (
        (TargetNoun.EVENT, "1" * 16),
        (TargetNoun.EVENT, ""),
        (TargetNoun.EVENT, desk.account.channel.pak),
        (TargetNoun.EVENT, desk.paks[0]),
        (TargetNoun.EVENT, stranger.event.pak),
        (TargetNoun.CHANNEL, desk.event.pak),
        (TargetNoun.CHANNEL, stranger.channel.pak),
    ):
        with pytest.raises(Missing) as refusal:
            desk.accept(msgspec.structs.replace(own, noun=noun, pak=pak))
        assert refusal.value.code == f"{noun}.unknown_pak"
        assert pak in refusal.value.message
    assert desk.count("submissions") == desk.count("queue_items") == 0


def test_a_credential_that_ended_is_refused_and_nothing_is_queued(desk, db):
    expiring, _ = db.call(
        issue_credential,
        desk.org_id,
        CredentialKind.API_KEY,
        "short",
        expires_at=db.clock() + 1000,
        actor="test",
    )
    brief = Principal(desk.org_id, expiring.id)
    assert db.call(accept, brief, desk.apply(ADA))
    db.clock.advance(1)
    revoked = desk.account.caller
    db.call(revoke_credential, desk.org_id, revoked.credential_id, actor="test")
    strangers = (
        Principal(desk.org_id, CredentialId(10**9)),
        Principal(desk.org_id + 1, expiring.id),
    )
    for caller in (brief, revoked, *strangers):
        with pytest.raises(Unauthenticated):
            db.call(accept, caller, desk.apply(ADA))
    assert desk.count("submissions") == 1
    desk.node.run_intake()


def test_a_repetition_with_the_same_key_gets_the_first_items_for_a_day(desk, db):
    request = idempotent_request("k-1", "PUT", "/v1.0/register", b"{}")
    caller, application = desk.account.caller, desk.apply(ADA)
    first = db.call(accept, caller, application, request)
    assert db.call(accept, caller, application, request) == first
    desk.node.run_intake()
    assert db.call(accept, caller, application, request) == first
    other = idempotent_request("k-1", "PUT", "/v1.0/register", b"[]")
    with pytest.raises(Conflict):
        db.call(accept, caller, application, other)
    assert desk.count("submissions") == 1
    db.clock.advance(24 * 3600)
    again = db.call(accept, caller, application, request)
    assert {item.id for item in again}.isdisjoint(item.id for item in first)
    desk.node.run_intake()
    assert desk.held() == Held(1, 1, [1, 1, 1])


def test_many_are_accepted_in_one_command_and_a_refusal_concerns_one_caller_only(desk, db, node):
    stranger = node.add_account(f"stranger-{desk.org_id}")
    foreign = msgspec.structs.replace(desk.apply("eve@example.com"), pak=stranger.event.pak)
    asked = [
        (desk.account.caller, desk.apply("one@example.com")),
        (desk.account.caller, foreign),
        (Principal(desk.org_id, CredentialId(10**9)), desk.apply("two@example.com")),
        (stranger.caller, foreign),
        (desk.account.caller, desk.apply("three@example.com", desk.paks[1:])),
    ]
    answers = db.call(accept_all, [Asking(*asking) for asking in asked])
    assert [answer if isinstance(answer, list) else type(answer) for answer in answers][1:3] == [
        Missing,
        Unauthenticated,
    ]
    queued = [answer for answer in answers if isinstance(answer, list)]
    assert [[(item.email, item.session_pak) for item in items] for items in queued] == [
        [("one@example.com", pak) for pak in desk.paks],
        [("eve@example.com", pak) for pak in desk.paks],
        [("three@example.com", pak) for pak in desk.paks[1:]],
    ]
    ids = [item.id for items in queued for item in items]
    assert ids == sorted(set(ids))
    desk.node.run_intake()
    assert desk.held() == Held(2, 2, [1, 2, 2])


# -- deciding ------------------------------------------------------------------------------


def test_success_makes_the_person_the_registration_its_bookings_and_one_ticket(desk, db):
    application = desk.apply("Ada@Example.com", first_name="Ada")
    items = desk.accept(application)
    db.clock.advance(5)
    assert db.call(process, 10).done == 1
    person = db.call(find_person, desk.org_id, ADA)
    assert person
    assert person.contact == Contact(email="Ada@Example.com", first_name="Ada")
    kept = desk.get(ADA)
    assert kept.registration.state is RegistrationState.CONFIRMED
    assert kept.registration.source == "registration"
    assert kept.registration.submitted == application.submitted
    assert kept.registration.created_at == db.clock()
    assert (kept.sessions, kept.tickets) == (["Talk 1", "Talk 2", "Talk 3"], ONE_VALID)
    assert desk.held() == Held(1, 1, [1, 1, 1])
    assert desk.look_up(items) == [
        QueueItem(item.id, item.session_pak, ItemStatus.SUCCESS, "Ada@Example.com", person.id)
        for item in items
    ]
    assert db.call(process, 10).done == 0


def refusals() -> list:
    def session(state):
        return lambda desk: desk.db.call(
            set_session_state, desk.org_id, desk.account.sessions[0].id, state, actor="test"
        )

    def event(state):
        return lambda desk: desk.db.call(
            set_event_state, desk.org_id, desk.event.id, state, actor="test"
        )

    def full(table, id_of):
        return lambda desk: desk.set(table, id_of(desk), capacity=0)

    return [
        (session(SessionState.CLOSED), "session.closed"),
        (session(SessionState.CANCELLED), "session.cancelled"),
        (event(EventState.DRAFT), "event.draft"),
        (event(EventState.CLOSED), "event.closed"),
        (event(EventState.CANCELLED), "event.cancelled"),
        (full("sessions", lambda desk: desk.account.sessions[0].id), "session.full"),
        (full("events", lambda desk: desk.event.id), "event.full"),
        (full("ticket_types", lambda desk: desk.ticket_type_id), "tickets.sold_out"),
    ]


@pytest.mark.parametrize(("close", "code"), refusals(), ids=lambda value: str(value)[:30])
def test_what_depends_on_the_state_of_things_fails_the_item_with_a_code(desk, close, code):
    close(desk)
    items = desk.accept(desk.apply(ADA, desk.paks[:1]))
    desk.node.run_intake()
    assert desk.look_up(items) == [
        QueueItem(items[0].id, desk.paks[0], ItemStatus.FAILED, ADA, None, code)
    ]
    assert desk.held() == Held(0, 0, [0, 0, 0])
    assert [desk.count(table) for table in ("people", "registrations", "tickets")] == [0, 0, 0]


@pytest.mark.parametrize(("close", "code"), refusals(), ids=lambda value: str(value)[:30])
def test_a_known_person_is_not_changed_by_what_failed_wholly(desk, db, close, code):
    db.call(merge_person, desk.org_id, Contact(email=ADA, city="London"))
    before = db.call(find_person, desk.org_id, ADA)
    close(desk)
    db.clock.advance(5)
    assert desk.decide(desk.apply(ADA, desk.paks[:1], city="Paris")) == [("failed", code)]
    assert db.call(find_person, desk.org_id, ADA) == before


def test_a_session_that_is_not_in_the_event_or_channel_fails(desk, node):
    stranger = node.add_account(f"stranger-{desk.org_id}")
    wrong = ["1" * 16, desk.channel_paks[0], stranger.sessions[0].pak, desk.event.pak]
    items = desk.accept(desk.apply(ADA, wrong), desk.apply_for_channel(ADA, desk.paks[:1]))
    desk.node.run_intake()
    assert [(item.code, item.facts) for item in desk.look_up(items)] == [
        *(("session.not_of_event", {"pak": pak}) for pak in wrong),
        ("session.not_of_channel", {"pak": desk.paks[0]}),
    ]
    assert desk.count("people") == 0


def test_items_succeed_or_fail_alone(desk, db):
    closed, full, _ = (session.id for session in desk.account.sessions)
    db.call(set_session_state, desk.org_id, closed, SessionState.CLOSED, actor="test")
    desk.set("sessions", full, capacity=0)
    assert desk.decide(desk.apply(ADA, ["1" * 16, *desk.paks])) == [
        ("failed", "session.not_of_event"),
        ("failed", "session.closed"),
        ("failed", "session.full"),
        SUCCESS,
    ]
    assert desk.get(ADA).sessions == ["Talk 3"]
    assert desk.held() == Held(1, 1, [0, 0, 1])


@pytest.mark.parametrize(
    ("table", "id_of", "code"),
    [
        ("events", lambda desk: desk.event.id, "event.full"),
        ("ticket_types", lambda desk: desk.ticket_type_id, "tickets.sold_out"),
    ],
)
def test_no_place_is_lost_when_the_last_one_lacks(desk, table, id_of, code):
    """Sessions, ticket type and event are taken in turn, and all given back."""
    desk.set(table, id_of(desk), capacity=1)
    desk.set("sessions", desk.account.sessions[1].id, capacity=1)
    assert desk.decide(desk.apply(ADA, desk.paks[1:2])) == [SUCCESS]
    assert desk.decide(desk.apply("bob@example.com")) == [
        ("failed", code),
        ("failed", "session.full"),
        ("failed", code),
    ]
    assert desk.held() == Held(1, 1, [0, 1, 0])
    assert desk.decide(desk.apply(ADA)) == [SUCCESS] * 3
    assert desk.held() == Held(1, 1, [1, 1, 1])


def test_the_last_place_goes_to_who_came_first(desk):
    desk.set("sessions", desk.account.sessions[0].id, capacity=2)
    applications = [desk.apply(f"{n}@example.com", desk.paks[:1]) for n in range(4)]
    full = ("failed", "session.full")
    assert desk.decide(*applications) == [SUCCESS, SUCCESS, full, full]
    assert desk.held() == Held(2, 2, [2, 0, 0])


# -- the same person again -----------------------------------------------------------------


def test_the_same_address_in_another_spelling_adds_sessions_to_the_one_registration(desk, db):
    assert desk.decide(desk.apply(ADA, desk.paks[:1], first_name="Ada", city="London")) == [SUCCESS]
    first = desk.get(ADA)
    again = desk.apply(" ADA@Example.com ", desk.paks[1:], first_name="", city="Paris")
    assert desk.decide(again) == [SUCCESS] * 2
    kept = desk.get(ADA)
    assert kept.registration.id == first.registration.id
    assert (kept.sessions, kept.tickets) == (["Talk 1", "Talk 2", "Talk 3"], ONE_VALID)
    assert kept.registration.submitted.answers == [Answer("Asked by", " ADA@Example.com ")]
    assert kept.registration.submitted.contact.first_name == "Ada"
    person = db.call(find_person, desk.org_id, ADA)
    assert person
    assert person.contact == Contact(email=ADA, first_name="Ada", city="Paris")
    assert [desk.count(table) for table in ("people", "registrations", "tickets")] == [1, 1, 1]
    assert desk.held() == Held(1, 1, [1, 1, 1])


def test_a_session_that_is_booked_already_succeeds_again_even_when_it_is_full(desk):
    desk.set("sessions", desk.account.sessions[0].id, capacity=1)
    desk.set("events", desk.event.id, capacity=1)
    assert desk.decide(desk.apply(ADA, desk.paks[:1])) == [SUCCESS]
    assert desk.decide(desk.apply(ADA, desk.paks[:2])) == [SUCCESS, SUCCESS]
    assert desk.held() == Held(1, 1, [1, 1, 0])


def test_several_submissions_of_one_person_in_one_batch_make_one_registration(desk):
    applications = [desk.apply(ADA, [pak]) for pak in (*desk.paks, desk.paks[0])]
    assert desk.decide(*applications) == [SUCCESS] * 4
    assert desk.held() == Held(1, 1, [1, 1, 1])
    assert desk.get(ADA).tickets == ONE_VALID


def test_a_cancelled_registration_is_revived(desk, db):
    desk.decide(desk.apply(ADA, desk.paks[:2], city="London"))
    first = desk.get(ADA).registration
    assert db.call(cancel_registration, desk.org_id, first.id, actor="test")
    assert desk.held() == Held(0, 0, [0, 0, 0])
    assert desk.decide(desk.apply(ADA, desk.paks[2:], city="")) == [SUCCESS]
    kept = desk.get(ADA)
    assert (kept.registration.id, kept.registration.state) == (first.id, "confirmed")
    assert kept.registration.submitted.contact.city == "London"
    assert kept.sessions == ["Talk 3"]
    assert kept.tickets == {TicketState.VALID: 1, TicketState.CANCELLED: 1}
    assert desk.held() == Held(1, 1, [0, 0, 1])


def test_a_cancelled_registration_stays_so_when_nothing_is_free(desk, db):
    desk.decide(desk.apply(ADA))
    registration = desk.get(ADA).registration
    db.call(cancel_registration, desk.org_id, registration.id, actor="test")
    desk.set("events", desk.event.id, capacity=0)
    assert desk.decide(desk.apply(ADA)) == [("failed", "event.full")] * 3
    kept = desk.get(ADA)
    assert (kept.registration.state, kept.sessions) == ("cancelled", [])
    assert desk.held() == Held(0, 0, [0, 0, 0])


def test_a_registration_made_elsewhere_without_sessions_is_extended(desk, db):
    contact = Contact(email=ADA, company="Engines")

    def register_elsewhere(tx) -> int:
        person = merge_person(tx, desk.org_id, contact)
        taken = places.take_default_ticket(tx, desk.org_id, desk.event.id)
        assert taken
        assert places.take_event_place(tx, desk.org_id, desk.event.id)
        made = booking.add_registration(
            tx,
            desk.org_id,
            desk.event.id,
            person.id,
            taken.ticket_type_id,
            source="door",
            submitted=Submitted(contact, [Answer("Diet", "none")]),
        )
        assert made
        issue_ticket(tx, desk.org_id, made, taken.ticket_type_id, Grant(GrantKind.STAFF))
        return made

    made = db.call(register_elsewhere)
    desk.set("events", desk.event.id, capacity=1)
    assert desk.decide(desk.apply(ADA, desk.paks[:2])) == [SUCCESS] * 2
    kept = desk.get(ADA)
    assert (kept.registration.id, kept.registration.source) == (made, "door")
    assert (kept.sessions, kept.tickets) == (["Talk 1", "Talk 2"], ONE_VALID)
    assert kept.registration.submitted == Submitted(
        contact, [Answer("Diet", "none"), Answer("Asked by", ADA)]
    )
    assert desk.held() == Held(1, 1, [1, 1, 0])


# -- channels ------------------------------------------------------------------------------


def channel_event_ids(desk: Desk) -> list[int]:
    return [session.event_id for session in desk.account.channel_sessions]


def test_a_channel_registration_makes_one_registration_and_ticket_in_each_event(desk, db):
    one, two = channel_event_ids(desk)
    more = db.call(create_session, desk.org_id, one, "Encore", WHEN, actor="test")
    assert desk.decide(desk.apply_for_channel(ADA, [more.pak, *desk.channel_paks])) == [SUCCESS] * 3
    where = f"WHERE org_id = {desk.org_id}"
    assert desk.ask(f"SELECT event_id FROM registrations {where} ORDER BY event_id") == [one, two]
    assert desk.count("tickets") == 2
    assert desk.count("session_bookings") == 3
    assert desk.count("people") == 1
    assert desk.ask(f"SELECT held FROM events {where} AND id IN ({one}, {two})") == [1, 1]


def test_of_a_channel_only_the_events_with_a_success_are_registered_for(desk):
    one, two = channel_event_ids(desk)
    desk.set("events", one, capacity=0)
    assert desk.decide(desk.apply_for_channel(ADA)) == [("failed", "event.full"), SUCCESS]
    where = f"WHERE org_id = {desk.org_id}"
    assert desk.ask(f"SELECT event_id FROM registrations {where}") == [two]
    assert desk.count("tickets") == 1
    desk.set("events", two, capacity=1)
    assert desk.decide(desk.apply_for_channel("bob@example.com")) == [("failed", "event.full")] * 2
    assert desk.count("people") == 1


def test_an_event_registered_for_directly_is_extended_through_its_channel(desk):
    one, _ = channel_event_ids(desk)
    (pak,) = desk.ask(f"SELECT pak FROM events WHERE id = {one}")
    direct = Application(
        TargetNoun.EVENT, pak, desk.channel_paks[:1], Submitted(Contact(email=ADA))
    )
    assert desk.decide(direct) == [SUCCESS]
    assert desk.decide(desk.apply_for_channel(ADA)) == [SUCCESS] * 2
    assert [desk.count(table) for table in ("registrations", "tickets")] == [2, 2]


# -- the queue -----------------------------------------------------------------------------


def test_the_queue_is_decided_in_order_a_batch_at_a_time(desk, db):
    items = desk.accept(*(desk.apply(f"{n}@example.com", desk.paks[:1]) for n in range(5)))
    assert [db.call(count_waiting, limit) for limit in (3, 100)] == [3, 5]
    states = []
    for expected in (2, 2, 1, 0):
        assert db.call(process, 2).done == expected
        states.append([item.status for item in desk.look_up(items)].count("success"))
    assert states == [2, 4, 5, 5]
    people = [item.person_id or 0 for item in desk.look_up(items)]
    assert people == sorted(people)
    assert db.call(count_waiting, 100) == 0


def spoil_contact(desk: Desk, email: str) -> None:
    desk.node.execute(f"UPDATE submissions SET contact = '[' WHERE email = '{email}'")


def refuse_person(desk: Desk, email: str) -> None:
    """The database itself refuses the person, for a reason that the product does not know."""
    if desk.db.backend == "sqlite":
        desk.node.execute(
            f"CREATE TRIGGER poison BEFORE INSERT ON people WHEN NEW.email = '{email}'"
            " BEGIN SELECT RAISE(ABORT, 'poison'); END"
        )
        return
    desk.node.execute(
        "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$"
    )
    desk.node.execute(
        f"CREATE TRIGGER poison BEFORE INSERT ON people FOR EACH ROW WHEN (NEW.email = '{email}')"
        " EXECUTE FUNCTION poison()"
    )


@pytest.fixture
def own_desk(node, tmp_path, request):
    """A desk on a database of its own, fit to be poisoned."""
    backend = node.db.backend
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with database(backend, tmp_path, cluster) as url, open_node(url) as own:
        yield Desk(own, own.add_account())


@pytest.mark.parametrize("poison", [spoil_contact, refuse_person])
def test_a_poisonous_submission_is_tried_again_with_growing_pauses_and_blocks_nobody(
    own_desk, poison
):
    desk, db, bad = own_desk, own_desk.db, "poison@example.com"
    items = desk.accept(
        desk.apply("one@example.com"), desk.apply(bad, desk.paks[:2]), desk.apply("two@example.com")
    )
    poison(desk, bad)
    with capture_logs() as lines:
        _end_poisonous(desk, items, bad)
    failed = [line for line in lines if line["event"] == "submission failed"]
    said = [(line["submission"], line["attempt"]) for line in failed]
    assert said == [(items[3].id, attempt) for attempt in (1, 2, 3, 4, 5)]
    assert desk.find(bad) is None
    assert db.call(find_faults, after_intake_only=True) == {}


def _end_poisonous(desk: Desk, items: list[QueueItem], bad: str) -> None:
    db = desk.db
    assert db.call(process, 10).done == 3
    waiting = [item for item in desk.look_up(items) if item.status == "queued"]
    assert {item.email for item in waiting} == {bad}
    assert len(waiting) == 2
    assert db.call(process, 10).done == 0
    for attempt, longest in enumerate((1, 4, 16, 64), 1):
        assert desk.decide(desk.apply(f"{attempt}@example.com", desk.paks[:1])) == [SUCCESS]
        pause = round(PAUSES_S.scatter(attempt, min(item.id for item in waiting)), 3)
        assert longest / 2 <= pause <= longest
        desk.node.clock.advance(pause - 0.001)
        assert db.call(process, 10).done == 0
        desk.node.clock.advance(0.001)
        assert [item.status for item in desk.look_up(waiting)] == ["queued"] * 2
        assert db.call(process, 10).done == 1
    failed = [(item.status, item.code) for item in desk.look_up(waiting)]
    assert failed == [("failed", "registration.failed")] * 2
    desk.node.clock.advance(10_000)
    assert db.call(process, 10).done == 0


def test_a_submission_that_meets_trouble_once_is_decided_the_next_time(own_desk):
    desk, db = own_desk, own_desk.db
    desk.accept(desk.apply(ADA))
    refuse_person(desk, ADA)
    with capture_logs():
        assert db.call(process, 10).done == 1
    assert desk.find(ADA) is None
    desk.node.execute("DROP TRIGGER poison" + (" ON people" if db.backend != "sqlite" else ""))
    db.clock.advance(1)
    assert db.call(process, 10).done == 1
    assert desk.get(ADA).sessions == ["Talk 1", "Talk 2", "Talk 3"]
    assert db.call(find_faults, after_intake_only=True) == {}


def test_whole_batches_are_taken_back_and_decided_later_when_the_transaction_fails(own_desk):
    desk, db = own_desk, own_desk.db
    items = desk.accept(*(desk.apply(f"{n}@example.com") for n in range(3)))

    def process_and_fail(tx) -> None:
        assert process(tx, 10).done == 3
        raise KeyError

    for _ in range(3):
        with pytest.raises(KeyError):
            db.call(process_and_fail)
    assert {item.status for item in desk.look_up(items)} == {"queued"}
    assert db.call(process, 10).done == 3
    assert {item.status for item in desk.look_up(items)} == {"success"}
    assert db.call(find_faults, after_intake_only=True) == {}


def test_the_longest_request_is_decided_like_any_other(desk, db):
    sessions = [
        db.call(create_session, desk.org_id, desk.event.id, f"Slot {n}", WHEN, actor="test")
        for n in range(197)
    ]
    paks = [*desk.paks, *(session.pak for session in sessions)]
    items = desk.accept(desk.apply(ADA, paks[::-1]))
    assert [item.session_pak for item in items] == paks[::-1]
    desk.node.run_intake()
    assert {item.status for item in desk.look_up(items)} == {"success"}
    assert desk.count("session_bookings") == 200
    assert list(itertools.pairwise(item.id for item in items)) == [
        (item.id, item.id + 1) for item in items[:-1]
    ]
