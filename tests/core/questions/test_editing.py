"""Questions are added, changed, moved, removed, copied and deleted with their event."""

from typing import Any

import pytest

from tests.core.questions.form import Form
from turnout.core.audit.recording import list_entries
from turnout.core.events.copying import copy_event
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_ticket_types
from turnout.core.events.removing import delete_event
from turnout.core.ids import EventId, EventQuestionId, TicketTypeId
from turnout.core.questions.editing import (
    NOUN,
    QUESTIONS_LIMIT,
    QuestionChange,
    add_question,
    change_question,
    move_question,
    remove_question,
)
from turnout.core.questions.model import Answer, Kind, Question
from turnout.core.questions.reading import get_question, list_questions, list_texts
from turnout.errors import Conflict, Failure, Invalid, Missing

CHOICES = ("vegan", "no pork")


@pytest.fixture
def form(node, account) -> Form:
    return Form(node, account)


def test_a_question_is_asked_behind_the_others(form: Form) -> None:
    diet = form.add("Diet", Kind.CHOICE, choices=CHOICES, hint="We cook.", is_required=True)
    terms = form.add("Terms", Kind.AGREEMENT, text="Be *kind*.", label="I accept the terms")
    assert form.listed() == [diet, terms]
    assert diet == Question(
        *(diet.id, 1, "Diet", Kind.CHOICE, "Diet", "We cook.", CHOICES),
        *(True, (), 0, "", False, False),
    )
    assert (terms.position, terms.label, terms.version, terms.text) == (
        *(2, "I accept the terms", 1),
        "Be *kind*.",
    )
    assert [entry.action for entry in form.audit(diet)] == ["created"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"name": " "}, "text.missing"),
        ({"name": "a\nb"}, "text.line"),
        ({"name": "x" * 201}, "text.long"),
        ({"name": "a=b"}, "event_question.sign"),
        ({"label": "x" * 501}, "text.long"),
        ({"hint": "a\x07"}, "text.line"),
        ({"kind": Kind.CHOICE}, "event_question.choices"),
        ({"kind": Kind.SEVERAL, "choices": ["x"] * 51}, "event_question.choices"),
        ({"kind": Kind.SEVERAL, "choices": ["a; b"]}, "event_question.choice"),
        ({"kind": Kind.CHOICE, "choices": ["a", "A "]}, "event_question.choice_twice"),
        ({"kind": Kind.CHOICE, "choices": ["a", ""]}, "text.missing"),
        ({"choices": ["a"]}, "event_question.no_choices"),
        ({"kind": Kind.AGREEMENT}, "event_question.text_missing"),
        ({"text": "Terms"}, "event_question.text"),
        ({"ticket_type_ids": [TicketTypeId(1)]}, "ticket_type.no_such"),
    ],
)
def test_what_cannot_be_asked_is_refused(form: Form, facts: dict[str, Any], code: str) -> None:
    with pytest.raises(Failure) as refused:
        form.add(**({"name": "Diet"} | facts))
    assert refused.value.code == code
    assert form.listed() == []


def test_names_are_one_for_each_question_of_an_event_in_any_case(form: Form) -> None:
    form.add("Diät")
    with pytest.raises(Conflict, match="is called"):
        form.add(" DIÄT")
    other = form.node.add_event(form.org_id, "Other")
    assert form.add("diät", event_id=other.id).name == "diät"


def test_an_event_asks_so_many_questions(form: Form) -> None:
    for number in range(QUESTIONS_LIMIT):
        form.add(f"Question {number}")
    with pytest.raises(Conflict, match="up to 50 questions"):
        form.add("One more")


def test_only_what_is_named_changes(form: Form) -> None:
    diet = form.add("Diet", hint="We cook.")
    now = form.change(diet, name="Food", is_required=True)
    assert (now.name, now.label, now.hint, now.is_required) == ("Food", "Food", "We cook.", True)
    now = form.change(diet, label="What do you eat?", hint="")
    assert form.change(diet, name="Diet").label == "What do you eat?"
    assert form.change(diet, label="").label == "Diet"
    assert form.listed() == [form.get(diet)]
    assert form.audit(diet)[-1].facts == {"fields": ["label"]}


def test_a_new_text_is_a_new_version_and_the_old_one_stays(form: Form) -> None:
    terms = form.add("Terms", Kind.AGREEMENT, text="One")
    assert form.change(terms, text="One").version == 1
    assert form.change(terms, text="Two").version == 2
    rows = form.node.db.call(list_texts, form.org_id, form.event_id, terms.id)
    assert [(row.version, row.text) for row in rows] == [(1, "One"), (2, "Two")]
    assert form.get(terms).text == "Two"


def test_the_name_and_kind_of_a_question_stay_once_it_was_answered(form: Form) -> None:
    diet = form.add("Diet")
    form.register("ann", Answer("diet", "vegan"))
    assert form.get(diet).is_answered
    for facts in ({"name": "Food"}, {"kind": Kind.NUMBER}):
        with pytest.raises(Conflict, match="answered"):
            form.change(diet, **facts)
    assert form.change(diet, label="Food").name == "Diet"


def test_removing_deletes_what_nobody_answered_and_keeps_the_rest(form: Form) -> None:
    diet, shirt = form.add("Diet"), form.add("Shirt", Kind.AGREEMENT, text="x")
    form.register("ann", Answer("Diet", "vegan"))
    assert form.remove(shirt) is True
    assert form.remove(diet) is False
    assert form.remove(diet) is False
    assert (form.listed(), [kept.id for kept in form.listed(is_all=True)]) == ([], [diet.id])
    with pytest.raises(Conflict, match="ask it again with"):
        form.add("diet")
    form.register("bob", Answer("Diet", "x" * 600))  # it is no question any more
    assert form.change(diet, is_removed=False).is_removed is False
    assert [kept.id for kept in form.listed()] == [diet.id]
    with pytest.raises(Missing):
        form.remove(shirt)


@pytest.mark.parametrize(
    ("place", "order"), [(1, "cabd"), (2, "acbd"), (3, "abcd"), (4, "abdc"), (9, "abdc")]
)
def test_a_question_is_moved_among_those_that_are_asked(form: Form, place: int, order: str) -> None:
    made = {name: form.add(name) for name in "axbcd"}
    form.register("ann", Answer("x", "1"))
    form.remove(made["x"])
    moved = form.node.db.call(
        move_question, form.org_id, form.event_id, made["c"].id, place, actor="t"
    )
    assert "".join(question.name for question in moved) == order
    assert moved == form.listed()


def test_the_first_place_is_one(form: Form) -> None:
    diet = form.add("Diet")
    for id_, place, failure in ((diet.id, 0, Invalid), (EventQuestionId(1), 1, Missing)):
        with pytest.raises(failure):
            form.node.db.call(move_question, form.org_id, form.event_id, id_, place, actor="t")


def test_questions_belong_to_their_event_and_organization(form: Form, org_id) -> None:
    diet = form.add("Diet")
    other = form.node.add_event(form.org_id, "Other")
    change = QuestionChange(hint="x")
    call = form.node.db.call
    for event_id, org in ((other.id, form.org_id), (form.event_id, org_id)):
        whose = (org, event_id, diet.id)
        with pytest.raises(Missing):
            call(get_question, *whose)
        with pytest.raises(Missing):
            call(remove_question, *whose, actor="t")
        with pytest.raises(Missing):
            call(change_question, *whose, change, actor="t")
    with pytest.raises(Missing):
        form.node.db.call(add_question, form.org_id, EventId(1), QuestionChange(name="x"), actor="")
    assert form.listed() == [diet]


def test_a_copy_of_the_event_asks_the_same(form: Form) -> None:
    (kind, *_) = form.node.db.call(list_ticket_types, form.org_id, form.event_id)
    form.add("Diet", Kind.CHOICE, choices=CHOICES, ticket_type_ids=[kind.id], is_required=True)
    form.add("Terms", Kind.AGREEMENT, text="Be kind.", label="I accept")
    gone = form.add("Gone")
    form.register("ann", Answer("Diet", "vegan"), Answer("Gone", "x"))
    form.remove(gone)
    made = form.node.db.call(copy_event, form.org_id, form.event_id, "2028-03-01T09:00", actor="t")
    (type_there, *_) = form.node.db.call(list_ticket_types, form.org_id, made.id)
    diet, terms = form.listed(made.id)
    assert (diet.name, diet.choices, diet.ticket_type_ids, diet.is_required, diet.is_answered) == (
        *("Diet", CHOICES, (type_there.id,)),
        *(True, False),
    )
    assert (terms.label, terms.text, terms.version) == ("I accept", "Be kind.", 1)


def test_a_draft_is_deleted_with_what_it_asks(form: Form) -> None:
    draft = form.node.add_event(form.org_id, "Draft", state=EventState.DRAFT)
    form.add("Terms", Kind.AGREEMENT, text="x", event_id=draft.id)
    form.node.db.call(delete_event, form.org_id, draft.id, actor="t")
    assert form.node.db.call(list_questions, form.org_id, draft.id) == []


def test_changes_are_in_the_audit_without_a_word_of_the_question(form: Form) -> None:
    diet = form.add("Diet")
    form.change(diet, hint="secret")
    form.remove(diet)
    entries = form.node.db.call(list_entries, form.org_id, NOUN, diet.id)
    assert [(entry.action, entry.facts) for entry in entries] == [
        ("created", {"event_id": form.event_id}),
        ("changed", {"fields": ["hint"]}),
        ("deleted", {"event_id": form.event_id}),
    ]
