"""Looking through the registrations of an event, page by page."""

import pytest

from tests.support.builder import ACTOR, Builder, contact
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.payments.settling import ask_for_payment
from turnout.core.people.correcting import correct_person
from turnout.core.registrations import counting, walking
from turnout.core.registrations.browsing import (
    browse_page,
    browse_registrations,
    get_registration,
    list_check_ins,
)
from turnout.core.registrations.changing import add_by_staff, book_session
from turnout.core.registrations.counting import (
    Count,
    StateCounts,
    count_browsed,
    read_counts,
)
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.notes import add_tag
from turnout.core.registrations.walking import Browsed, Order
from turnout.errors import Missing
from turnout.store import Database, Tx

NAMES = ("dora", "bob", "ann", "émile", "carl")


class House:
    """Five registrations of one event: Bob is checked in, Carl cancelled, Dora tagged and in the
    workshop, Ann has the hall."""

    def __init__(self, tx: Tx) -> None:
        house = Builder(tx, "browse")
        self.org_id: OrgId = house.org_id
        event = house.event("Summit", capacity=None)
        self.event_id: EventId = event.id
        self.hall = house.ticket_type(event, "Hall").id
        self.workshop = house.session(event, "Workshop").id
        self.ids: dict[str, RegistrationId] = {}
        for name in NAMES:
            facts = {"company": "Points GmbH"} if name == "ann" else {}
            kind = self.hall if name == "ann" else None
            email = "emile@example.com" if name == "émile" else f"{name}@example.com"
            added = add_by_staff(
                tx,
                self.org_id,
                event.id,
                contact(name, email=email, **facts),
                ticket_type_id=kind,
                actor=ACTOR,
            )
            self.ids[name] = added.registration_id
            if name == "bob":
                check_in(tx, self.org_id, event.id, Scan(code=added.ticket.code, at=tx.now))
                self.code = added.ticket.code
        add_tag(tx, self.org_id, self.ids["dora"], "VIP", actor=ACTOR)
        book_session(tx, self.org_id, self.ids["dora"], self.workshop, actor=ACTOR)
        cancel_registration(tx, self.org_id, self.ids["carl"], actor=ACTOR)


@pytest.fixture(scope="module")
def house(node) -> House:
    return node.db.call(House)


def names_of(
    db: Database, house: House, order: Order = Order.NEWEST, **wanted: object
) -> list[str]:
    found = db.call(
        browse_registrations,
        house.org_id,
        Browsed(house.event_id, **wanted),  # type: ignore[arg-type]
        order,
        limit=10,
    )
    return [registration.first_name for registration in found]


def test_orders(db: Database, house: House) -> None:
    assert names_of(db, house) == ["Carl", "Émile", "Ann", "Bob", "Dora"]
    assert names_of(db, house, Order.OLDEST) == ["Dora", "Bob", "Ann", "Émile", "Carl"]
    by_name = names_of(db, house, Order.NAME)
    assert [name for name in by_name if name != "Émile"] == ["Ann", "Bob", "Carl", "Dora"]
    assert names_of(db, house, Order.NAME_DOWN) == by_name[::-1]


@pytest.mark.parametrize("order", list(Order))
def test_pages_have_everybody_once(db: Database, house: House, order: Order) -> None:
    seen: list[RegistrationId] = []
    after = RegistrationId(0)
    wanted = Browsed(house.event_id)
    while page := db.call(browse_registrations, house.org_id, wanted, order, after=after, limit=2):
        seen += [registration.id for registration in page]
        after = page[-1].id
    assert len(seen) == 5
    assert set(seen) == set(house.ids.values())


def test_filters(db: Database, house: House) -> None:
    assert names_of(db, house, state="cancelled") == ["Carl"]
    assert names_of(db, house, state="confirmed", is_checked_in=True) == ["Bob"]
    assert names_of(db, house, state="confirmed", is_checked_in=False) == ["Émile", "Ann", "Dora"]
    assert names_of(db, house, ticket_type_id=house.hall) == ["Ann"]
    assert names_of(db, house, session_id=house.workshop) == ["Dora"]
    assert names_of(db, house, tag="vip") == ["Dora"]
    assert names_of(db, house, source="staff") == ["Carl", "Émile", "Ann", "Bob", "Dora"]
    assert names_of(db, house, source="page") == []


@pytest.mark.parametrize(
    ("text", "names"),
    [("EMILE", ["Émile"]), ("émi", ["Émile"]), ("points", ["Ann"]), ("bob@", ["Bob"]), ("zz", [])],
)
def test_texts_match_a_part_in_any_case(
    db: Database, house: House, text: str, names: list[str]
) -> None:
    assert names_of(db, house, text=text) == names
    assert db.call(count_browsed, house.org_id, Browsed(house.event_id, text)) == Count(len(names))


@pytest.mark.parametrize("order", list(Order))
def test_a_code_finds_its_registration(db: Database, house: House, order: Order) -> None:
    for text in (house.code, house.code.lower(), f"T-{house.code}", f" t-{house.code[:5]} "):
        assert names_of(db, house, order, text=text) == ["Bob"]
        assert names_of(db, house, order, text=text, is_by_name=True) == ["Bob"]
        assert names_of(db, house, order, text=text, state="cancelled") == []
    assert names_of(db, house, order, text="T-") == names_of(db, house, order, text="T-ZZZ") == []


def test_the_code_of_each_of_several_tickets_finds_them(db: Database, house: House) -> None:
    def read(tx: Tx) -> list[str]:
        both = Builder(tx, "both")
        event = both.event("Summit")
        first = add_by_staff(tx, both.org_id, event.id, contact("gil"), actor=ACTOR)
        kind = both.ticket_type(event, "Dinner").id
        second = add_by_staff(
            tx, both.org_id, event.id, contact("gil"), ticket_type_id=kind, actor=ACTOR
        )
        found = []
        for code in (first.ticket.code, second.ticket.code):
            wanted = Browsed(event.id, text=code)
            assert count_browsed(tx, both.org_id, wanted) == Count(1)
            rows = browse_registrations(tx, both.org_id, wanted, limit=10)
            found += [row.first_name for row in rows]
        return found

    assert db.call(read) == ["Gil", "Gil"]


def test_a_payment_s_reference_finds_who_pays_by_it(db: Database, house: House) -> None:
    def ask(tx: Tx) -> None:
        price = (house.code, 4950, "EUR")
        ask_for_payment(
            tx, house.org_id, *price, due_at=tx.now + 1, reference="RE-2027-0815", actor=ACTOR
        )

    db.call(ask)
    for order in Order:
        assert names_of(db, house, order, text="re-2027-0815") == ["Bob"]
    # Who sees names and codes alone is told of no payment.
    assert names_of(db, house, text="re-2027-0815", is_by_name=True) == []
    assert names_of(db, house, text="re-2027") == []


def test_counts(db: Database, house: House) -> None:
    states, sources, tags = db.call(read_counts, house.org_id, house.event_id)
    assert states == StateCounts(confirmed=4, checked_in=1, cancelled=1)
    assert (states.expected, states.everyone) == (3, Count(5))
    assert (sources, tags) == ([("staff", 4)], ["VIP"])
    wanted = Browsed(house.event_id, state="confirmed")
    assert db.call(count_browsed, house.org_id, wanted) == Count(4)
    nobody = db.call(read_counts, house.org_id, EventId(1))
    assert nobody == (StateCounts(0, 0, 0), [], [])


@pytest.mark.parametrize("order", [Order.NAME, Order.NAME_DOWN])
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"session": True},
        {"state": "confirmed"},
        {"state": "cancelled"},
        {"is_checked_in": True},
        {"tag": "vip"},
        {"source": "page"},
        {"state": "confirmed", "is_checked_in": False, "text": "a"},
    ],
)
def test_many_are_sorted_as_few_are(
    db: Database,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    order: Order,
    wanted: dict[str, object],
) -> None:
    asked = {"session_id": house.workshop} if "session" in wanted else wanted
    few = names_of(db, house, order, **asked)
    monkeypatch.setattr(walking, "LEAST", 0)
    monkeypatch.setattr(walking, "SORTED", 0)
    assert names_of(db, house, order, **asked) == few  # sought among the names
    monkeypatch.setattr(walking, "SOUGHT", 0)
    assert names_of(db, house, order, **asked) == few  # looked up name by name


def test_a_registration_is_sorted_by_what_its_person_is_called_now(
    db: Database, house: House
) -> None:
    def call_bob(tx: Tx, first_name: str) -> None:
        person_id = get_registration(tx, house.org_id, house.event_id, house.ids["bob"]).person_id
        correct_person(tx, house.org_id, person_id, {"first_name": first_name}, actor=ACTOR)

    db.call(call_bob, "Aaron")
    assert names_of(db, house, Order.NAME)[0] == "Aaron"
    db.call(call_bob, "Bob")
    assert names_of(db, house, Order.NAME)[0] == "Ann"


def test_a_program_that_knows_no_such_key_writes_it_all_the_same(
    db: Database, house: House
) -> None:
    """As a node of the release before does, which may serve while this one is started."""

    def add_as_before(tx: Tx) -> None:
        tx.connection.execute(
            "INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting,"
            " ticket_type_id, state, source, answers, created_at, updated_at)"
            " SELECT org_id, 999999, 'before', event_id, person_id, 9, ticket_type_id, state,"
            f" source, answers, created_at, updated_at FROM registrations WHERE id = {number}"
        )
        keys = tx.connection.execute(
            f"SELECT name_key FROM registrations WHERE id IN ({number}, 999999)"
        ).fetchall()
        found.extend(key for (key,) in keys)
        raise Missing("registration.missing", registration_id=number)

    number, found = house.ids["ann"], list[str]()
    with pytest.raises(Missing):
        db.call(add_as_before)
    assert found == ["guest ann ann@example.com"] * 2


def test_a_page_is_shown_before_all_are_looked_at(db: Database, house: House) -> None:
    wanted = Browsed(house.event_id, source="page")
    pages = [
        db.call(browse_page, house.org_id, wanted, order, limit=1, most=2)
        for order in (Order.NEWEST, Order.OLDEST)
    ]
    assert pages == [([], house.ids["émile"]), ([], house.ids["bob"])]
    whole = db.call(browse_page, house.org_id, wanted, limit=1, most=None)
    assert whole == ([], RegistrationId(0))


def test_many_are_counted_about(
    db: Database, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "COUNTED", 2)
    counts = db.call(read_counts, house.org_id, house.event_id)
    states = StateCounts(confirmed=4, checked_in=1, cancelled=1, is_about=True)
    assert counts == (states, [("staff", 4)], ["VIP"])
    for wanted, count in (
        ({"state": "confirmed"}, Count(4, is_about=True)),
        ({"source": "staff"}, Count(5, is_about=True)),
        ({"state": "cancelled"}, Count(1)),
        ({"is_checked_in": True}, Count(1)),
        ({"tag": "VIP"}, Count(1)),
        ({"ticket_type_id": house.hall}, Count(1)),
        ({"session_id": house.workshop}, Count(1)),
    ):
        asked = Browsed(house.event_id, **wanted)
        assert db.call(count_browsed, house.org_id, asked) == count


def test_one_registration_is_read_without_a_lock(db: Database, house: House) -> None:
    bob = house.ids["bob"]
    found = db.call(get_registration, house.org_id, house.event_id, bob)
    assert (found.id, found.submitted.contact.first_name) == (bob, "Bob")
    assert list(db.call(list_check_ins, house.org_id, bob).values()) == [db.clock()]
    with pytest.raises(Missing):
        db.call(get_registration, house.org_id, EventId(1), bob)


def test_a_page_behind_somebody_of_another_event_is_missing(db: Database, house: House) -> None:
    with pytest.raises(Missing):
        db.call(
            browse_registrations,
            house.org_id,
            Browsed(EventId(1)),
            Order.NAME,
            after=house.ids["bob"],
            limit=2,
        )
