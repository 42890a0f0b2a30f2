"""What the organizer wants to be seen at the door, and what is agreed to there."""

import pytest

from turnout.core.door.decisions import Verdict
from turnout.core.door.scanning import sign
from turnout.core.door.snapshots import Beside, list_snapshot_tickets, take_snapshot
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.questions.model import Kind
from turnout.core.registrations.changing import set_answers
from turnout.core.registrations.notes import add_note
from turnout.errors import Conflict, Missing

ANN, BOB = "ann@example.com", "bob@example.com"


def ask(desk, name, **more):
    change = QuestionChange(name=name, **{"is_at_door": True} | more)
    return desk.db.call(add_question, desk.org_id, desk.event.id, change, actor="t")


def test_answers_and_notes_that_are_meant_for_the_door_are_shown_there(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    ask(desk, "Diet")
    ask(desk, "Shoe size", is_at_door=False)
    number = desk.get(ANN).registration.id
    where = (desk.org_id, number)
    desk.db.call(set_answers, *where, {"Diet": "vegan", "Shoe size": "42"}, actor="t")
    desk.db.call(add_note, *where, "Pays late.", actor="t")
    desk.db.call(add_note, *where, "Guide dog.", is_at_door=True, actor="t")
    device = hall.device("Door 1")
    told = hall.scan(device, ann)
    assert [(one.label, one.answer) for one in told.answers] == [("Diet", "vegan")]
    assert told.notes == ["Guide dog."]
    other = hall.scan(device, bob)
    assert (other.answers, other.notes) == ([], [])


def test_an_agreement_is_asked_for_until_it_is_agreed_to(desk, hall):
    (ann,) = hall.guests(ANN)
    ask(desk, "House rules", kind=Kind.AGREEMENT, text="Be **kind**.")
    device = hall.device("Door 1")
    (wanted,) = hall.scan(device, ann).agreements
    assert (wanted.question, wanted.text) == ("House rules", "Be kind.")
    signed = desk.db.call(sign, *device, hall.shown(ann), "House rules")
    assert (signed.verdict, signed.agreements) == (Verdict.AGAIN, [])
    assert desk.db.call(sign, *device, hall.shown(ann), "House rules").agreements == []
    answers = desk.get(ANN).registration.submitted.answers
    (kept,) = [one for one in answers if one.question == "House rules"]
    assert (kept.question, kept.answer, kept.version) == ("House rules", "yes", 1)
    with pytest.raises(Missing):
        desk.db.call(sign, *device, hall.shown(ann), "Diet")
    with pytest.raises(Conflict):
        desk.db.call(sign, *device, hall.shown("NOTHING"), "House rules")


def test_phones_hold_what_is_shown_and_take_it_again_when_questions_change(desk, hall):
    hall.guests(ANN, BOB)
    device = hall.device("Door 1")
    before = desk.db.call(take_snapshot, *device)
    assert {len(row) for row in before.tickets} == {8}
    ask(desk, "Diet")
    number = desk.get(ANN).registration.id
    desk.node.clock.now += 600_000
    since = hall.now
    desk.db.call(set_answers, desk.org_id, number, {"Diet": "vegan"}, actor="t")
    after = desk.db.call(take_snapshot, *device)
    assert after.rules != before.rules
    (beside,) = [row[8] for row in after.tickets if len(row) > 8]
    assert [(one.label, one.answer) for one in beside.answers] == [("Diet", "vegan")]
    desk.node.clock.now += 600_000
    desk.db.call(add_note, desk.org_id, number, "Guide dog.", is_at_door=True, actor="t")
    (row,) = desk.db.call(list_snapshot_tickets, *device, since + 300_000)
    assert row[8].notes == ["Guide dog."]


def test_a_phone_at_a_gate_knows_the_days_of_tickets(desk, hall):
    hall.guests(ANN)
    session = desk.account.sessions[0].id
    device = hall.device("Door 1", gate=hall.gate("North", sessions=[session]))
    (row,) = desk.db.call(take_snapshot, *device).tickets
    assert isinstance(row[8], Beside)
    assert len(row[8].days) == 1
