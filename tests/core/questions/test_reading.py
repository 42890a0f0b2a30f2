"""What is answered at any door is held against the event's questions, and kept in one form."""

from typing import Any

import msgspec
import pytest

from tests.core.questions.asked import asked
from tests.core.questions.form import Form
from tests.support.builder import contact
from tests.support.failures import refuses
from turnout.core.erasure.erasing import erase_person
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import OrgId, UserId
from turnout.core.importing.records import Record
from turnout.core.invitations.campaigns import create_campaign
from turnout.core.invitations.invitees import InviteeFilter, confirm, invite, list_invitees
from turnout.core.people.merging import find_person
from turnout.core.questions.model import Answer, Kind
from turnout.core.questions.reading import (
    AnswerCount,
    count_answers,
    order_answers,
    order_names,
)
from turnout.core.registrations import booking
from turnout.core.registrations.changing import set_answers
from turnout.core.registrations.choices import set_choices
from turnout.core.registrations.extras import read_extras
from turnout.core.registrations.files import REGISTRATIONS, import_registration, read_choices
from turnout.core.registrations.forms import register_by_form, wait_by_form
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_from_program
from turnout.core.registrations.offers import take_offer
from turnout.core.registrations.places import set_event_capacity
from turnout.core.waiting_list.entries import Entry, list_entries
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

PAGE = "https://tickets.example/x"
DIET = Answer("diet", "VEGAN")
BEEF: dict[str, Any] = {"question": "Diet", "choices": ["vegan", "fish"]}


@pytest.fixture
def form(desk) -> Form:
    """An event that asks for a diet, agreement and, with no ticket, for a table."""
    made = Form(desk.node, desk.account)
    made.add("Diet", Kind.CHOICE, choices=("vegan", "fish"), is_required=True)
    made.add("Terms", Kind.AGREEMENT, text="Be kind.", label="I accept")
    return made


def type_id(form: Form):
    return form.node.db.call(list_ticket_types, form.org_id, form.event_id)[0].id


def kept(form: Form, name: str) -> list[Answer]:
    """What the registration of somebody keeps."""

    def find(tx: Tx) -> list[Answer]:
        person = find_person(tx, form.org_id, f"{name}@example.com")
        assert person
        found = booking.find_registration(tx, form.org_id, form.event_id, person.id)
        assert found
        return found.submitted.answers

    return form.node.db.call(find)


def send(form: Form, name: str, *answers: Answer, verb: Any = register_by_form) -> Any:
    return form.node.db.call(
        verb, form.org_id, form.event_id, type_id(form), contact(name), PAGE, answers=answers
    )


def test_a_form_must_answer_and_an_agreement_says_what_and_when(form: Form) -> None:
    with refuses(Invalid, "answer.required", question="Diet"):
        send(form, "ann", Answer("Terms", "yes"))
    with refuses(Invalid, "answer.not_choice", **BEEF):
        send(form, "ann", Answer("Diet", "beef"))
    assert send(form, "ann", DIET, Answer("TERMS", "on")) is None
    now = form.node.clock()
    assert kept(form, "ann") == [Answer("Diet", "vegan"), Answer("Terms", "yes", 1, now)]


def test_what_is_asked_with_another_ticket_need_not_be_answered(form: Form) -> None:
    vip = form.node.db.call(_make_type, form.org_id, form)
    form.add("Table", ticket_type_ids=[vip], is_required=True)
    assert send(form, "ann", DIET) is None
    with refuses(Invalid, "answer.required", question="Table"):
        form.register("bob", DIET, ticket_type_id=vip)
    id_ = form.register("bob", DIET, Answer("Table", "7"), ticket_type_id=vip)
    assert form.answers(id_) == {"Diet": "vegan", "Table": "7"}


def _make_type(tx: Tx, org_id: OrgId, form: Form):
    from turnout.core.events.programme import create_ticket_type

    return create_ticket_type(tx, org_id, form.event_id, "VIP", actor="t").id


def test_staff_answer_what_is_required_unless_they_say_otherwise(form: Form) -> None:
    with refuses(Invalid, "answer.required", question="Diet"):
        form.register("ann")
    id_ = form.register("ann", Answer("Seat", "aisle"), is_complete=False)
    assert form.answers(id_) == {"Seat": "aisle"}
    form.register("ann", DIET)
    form.register("ann")  # what is known counts
    assert form.answers(id_) == {"Seat": "aisle", "Diet": "vegan"}


def test_staff_change_answers_and_never_take_away_what_is_required(form: Form) -> None:
    id_ = form.register("ann", DIET, Answer("Seat", "aisle"))

    def change(**answers: str) -> None:
        form.node.db.call(set_answers, form.org_id, id_, answers, actor="t")

    change(DIET="Fish", Seat=" ")
    assert form.answers(id_) == {"Diet": "fish"}
    with refuses(Invalid, "answer.required", question="Diet"):
        change(diet="")
    with refuses(Invalid, "answer.not_choice", **BEEF):
        change(diet="beef")
    change(terms="no")
    change(TERMS="")
    assert form.answers(id_) == {"Diet": "fish"}


def test_a_file_may_leave_out_what_is_required_and_not_be_wrong(form: Form) -> None:
    choices = form.node.db.call(read_choices, form.org_id, form.event_id)

    def take(name: str, **customs: str) -> None:
        values = dict.fromkeys(REGISTRATIONS.keys, "") | {"email": f"{name}@example.com"}
        row = Record(2, values, customs, {key: key for key in values})
        form.node.db.call(
            import_registration,
            form.org_id,
            choices,
            row,
            ticket_type_id=None,
            is_mailed=False,
            actor="t",
        )

    take("ann", DIET="Fish", Hobby="chess")
    take("bob")
    assert kept(form, "ann") == [Answer("Diet", "fish"), Answer("Hobby", "chess")]
    assert kept(form, "bob") == []
    with refuses(Invalid, "answer.not_choice", **BEEF):
        take("cid", Diet="beef")


def test_a_column_that_is_a_detail_too_is_an_answer_as_well(form: Form) -> None:
    form.add("Country", Kind.COUNTRY)
    choices = form.node.db.call(read_choices, form.org_id, form.event_id)
    values = dict.fromkeys(REGISTRATIONS.keys, "") | {"email": "ann@example.com", "country": "DE"}
    row = Record(2, values, {}, {"email": "E-mail", "country": "COUNTRY"})
    form.node.db.call(
        import_registration,
        form.org_id,
        choices,
        row,
        ticket_type_id=None,
        is_mailed=False,
        actor="t",
    )
    assert kept(form, "ann") == [Answer("Country", "DE")]


def test_a_program_that_registers_is_held_to_the_questions_it_answers(form: Form) -> None:
    def register(name: str, *answers: Answer) -> bool:
        return form.node.db.call(
            register_from_program,
            form.org_id,
            form.event_id,
            contact(name),
            answers=answers,
            sti="",
            is_mailed=False,
        )

    assert register("ann", Answer("DIET", "fish"), Answer("custom1", "x")) is True
    assert register("bob") is True
    assert kept(form, "ann") == [Answer("Diet", "fish"), Answer("custom1", "x")]
    with refuses(Invalid, "answer.not_choice", **BEEF):
        register("cid", Answer("diet", "beef"))


def apply(desk, name: str, *answers: Answer) -> list[tuple[str, str | None]]:
    application = desk.apply(f"{name}@example.com", desk.paks[:2])
    submitted = msgspec.structs.replace(application.submitted, answers=list(answers))
    return desk.decide(msgspec.structs.replace(application, submitted=submitted))


def test_the_queue_maps_items_by_name_and_fails_what_a_question_does_not_take(
    desk, form: Form
) -> None:
    done = [("success", None), ("success", None)]
    assert apply(desk, "ann", Answer("DIET", "Fish"), Answer("Terms", "true")) == done
    now = form.node.clock()
    assert kept(form, "ann") == [Answer("Diet", "fish"), Answer("Terms", "yes", 1, now)]
    assert apply(desk, "bob") == done  # nothing is required here
    assert apply(desk, "cid", Answer("Diet", "beef")) == [("failed", "answer.not_choice")] * 2
    assert desk.find("cid@example.com") is None
    assert apply(desk, "ann", Answer("diet", "vegan"), Answer("Seat", "aisle")) == done
    assert kept(form, "ann")[0] == Answer("Diet", "vegan")
    assert kept(form, "ann")[2] == Answer("Seat", "aisle")


def test_items_for_an_event_that_asks_nothing_are_kept_as_they_came(desk) -> None:
    items = [Answer("Contact Preference", "email"), Answer("x", " y\x07")]
    assert apply(desk, "ann", *items) == [("success", None), ("success", None)]
    assert desk.get("ann@example.com").registration.submitted.answers == items


def waiting(form: Form) -> Entry:
    from turnout.core.waiting_list.entries import get_entry

    (listed,) = form.node.db.call(list_entries, form.org_id, form.event_id, limit=9)
    return form.node.db.call(get_entry, form.org_id, listed.id)


def answers_of(entry: Entry) -> list[Answer]:
    submitted = read_extras(entry.extras).submitted
    return submitted.answers if submitted else []


def test_who_waits_has_answered_and_takes_the_answers_along(form: Form) -> None:
    full = form.register("ann", DIET)
    form.node.db.call(set_event_capacity, form.org_id, form.event_id, 1, actor="t")
    with refuses(Invalid, "answer.required", question="Diet"):
        send(form, "bob", verb=wait_by_form)
    assert isinstance(send(form, "bob", DIET), Conflict)
    assert send(form, "bob", DIET, Answer("Terms", "yes"), verb=wait_by_form) is None
    agreed_at = form.node.clock()
    entry = waiting(form)
    answers = [Answer("Diet", "vegan"), Answer("Terms", "yes", 1, agreed_at)]
    assert answers_of(entry) == answers
    form.node.clock.advance(60)
    form.node.db.call(cancel_registration, form.org_id, full, actor="t")
    form.node.db.call(take_offer, form.org_id, entry.id, actor="t")
    assert kept(form, "bob") == answers


def test_who_waits_by_the_api_keeps_what_was_sent(desk, form: Form) -> None:
    form.register("ann", DIET)
    form.node.db.call(set_event_capacity, form.org_id, form.event_id, 1, actor="t")
    form.node.db.call(set_choices, form.org_id, form.event_id, waits_when_full=True, actor="t")
    apply(desk, "bob", Answer("DIET", "Fish"))
    assert answers_of(waiting(form)) == [Answer("Diet", "fish")]


def test_a_place_that_is_taken_by_the_api_has_the_answers_of_both(desk, form: Form) -> None:
    full = form.register("ann", DIET)
    form.node.db.call(set_event_capacity, form.org_id, form.event_id, 1, actor="t")
    send(form, "bob", DIET, Answer("Terms", "yes"), verb=wait_by_form)
    form.node.db.call(cancel_registration, form.org_id, full, actor="t")
    apply(desk, "bob", Answer("Diet", "fish"))
    assert [given.answer for given in kept(form, "bob")] == ["fish", "yes"]


def invitee(form: Form, name: str):
    campaign = form.node.db.call(
        create_campaign,
        form.org_id,
        form.event_id,
        name="Guests",
        subject="Come",
        sender_email="house@example.com",
        body="%%link%%",
        user_id=UserId(1),
        ticket_type_id=type_id(form),
        actor="t",
    )
    form.node.db.call(invite, form.org_id, campaign.id, [contact(name)])
    wanted = InviteeFilter(campaign_id=campaign.id)
    (found,) = form.node.db.call(list_invitees, form.org_id, form.event_id, wanted)
    return found.id


def test_an_invitation_asks_on_its_page_and_not_in_the_api(form: Form) -> None:
    ann, bob = invitee(form, "ann"), invitee(form, "bob")
    with refuses(Invalid, "answer.required", question="Diet"):
        form.node.db.call(confirm, form.org_id, ann, answers=[], actor="t")
    form.node.db.call(confirm, form.org_id, ann, answers=[DIET], actor="t")
    form.node.db.call(confirm, form.org_id, bob, actor="t")
    assert (kept(form, "ann"), kept(form, "bob")) == ([Answer("Diet", "vegan")], [])


def test_who_has_another_ticket_keeps_what_was_answered_for_it(form: Form) -> None:
    vip = form.node.db.call(_make_type, form.org_id, form)
    id_ = form.register("ann", DIET, Answer("Seat", "aisle"), ticket_type_id=vip)
    answers = [Answer("diet", "fish"), Answer("terms", "yes")]
    form.node.db.call(confirm, form.org_id, invitee(form, "ann"), answers=answers, actor="t")
    assert form.answers(id_) == {"Diet": "fish", "Seat": "aisle", "Terms": "yes"}


def test_erasing_leaves_no_answer_on_a_list_or_in_a_registration(form: Form) -> None:
    form.register("ann", DIET)
    form.node.db.call(set_event_capacity, form.org_id, form.event_id, 1, actor="t")
    form.add("Secret")
    send(form, "bob", DIET, Answer("Secret", "likes-jazz"), verb=wait_by_form)

    def erase(tx: Tx) -> None:
        person = find_person(tx, form.org_id, "bob@example.com")
        assert person
        erase_person(tx, form.org_id, person.id, actor="t")

    form.node.db.call(erase)
    where = f"WHERE org_id = {form.org_id} AND extras LIKE '%jazz%'"
    count = f"SELECT count(*) FROM waiting_entries {where}"
    assert form.node.db.call(lambda tx: tx.connection.execute(count).fetchone()[0]) == 0


def test_columns_and_answers_are_in_the_order_of_the_questions() -> None:
    questions = [asked("B"), asked("Gone", id_=2, is_removed=True), asked("A", id_=3)]
    assert order_names(questions, ["x", "A", "y"]) == ["B", "A", "x", "y"]
    assert order_names(questions, ["Gone"]) == ["B", "Gone", "A"]
    assert order_names([], ["y", "x"]) == ["y", "x"]
    answers = [Answer("x", "1"), Answer("A", "2"), Answer("Gone", "3"), Answer("B", "4")]
    assert [found.question for found in order_answers(questions, answers)] == [
        "B",
        "Gone",
        "A",
        "x",
    ]


def test_answers_are_counted_by_question_and_choice(form: Form) -> None:
    form.add("Days", Kind.SEVERAL, choices=("Wed", "Thu"))
    form.add("Why", Kind.TEXT)
    for name, diet, days, why in (
        ("ann", "vegan", "Wed; Thu", "Trains"),
        ("bob", "fish", "Thu", "Friends"),
        ("cid", "vegan", "", ""),
    ):
        given = [Answer("Diet", diet), Answer("Terms", "yes"), Answer("Days", days)]
        form.register(name, *given, Answer("Why", why))
    counts = form.node.db.call(count_answers, form.org_id, form.event_id)
    assert counts == {
        "Diet": AnswerCount(3, {"vegan": 2, "fish": 1}),
        "Terms": AnswerCount(3, {"yes": 3}),
        "Days": AnswerCount(2, {"Wed": 1, "Thu": 2}),
        "Why": AnswerCount(2, {}),
    }
