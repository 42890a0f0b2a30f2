"""Notes and tags of the staff."""

import pytest

from tests.core.registrations.office import Office
from turnout.core.ids import RegistrationId
from turnout.core.registrations.notes import add_note, add_tag, list_notes, list_tags, remove_tag
from turnout.errors import Invalid, Missing


@pytest.fixture
def office(node) -> Office:
    return Office(node)


def test_notes_are_kept_in_order_and_not_in_the_audit(office):
    id_ = office.add("ann")
    office.act(add_note, id_, " Comes with\na guide dog. ")
    office.node.clock.now += 1000
    office.act(add_note, id_, "Called.")
    found = office.call(list_notes, id_)
    assert [(note.note, note.actor) for note in found] == [
        ("Comes with\na guide dog.", "test"),
        ("Called.", "test"),
    ]
    assert found[1].created_at == found[0].created_at + 1000
    assert office.audited(id_) == ["added", "noted", "noted"]


def test_tags_are_told_apart_by_their_letters_alone(office):
    id_ = office.add("ann")
    for tag in ("VIP", "vip", "Straße", "press"):
        office.act(add_tag, id_, tag)
    assert office.call(list_tags, id_) == ["press", "Straße", "VIP"]
    for tag in ("Vip", "vip"):
        office.act(remove_tag, id_, tag)
    assert office.call(list_tags, id_) == ["press", "Straße"]


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "a\x1bb"])
def test_what_is_no_text_is_refused(office, text):
    id_ = office.add("ann")
    for verb, size in ((add_note, 2001), (add_tag, 51)):
        for wrong in (text, "x" * size):
            with pytest.raises(Invalid):
                office.act(verb, id_, wrong)
        with pytest.raises(Missing):
            office.act(verb, RegistrationId(1), "fine")
    assert (office.call(list_notes, id_), office.call(list_tags, id_)) == ([], [])
