"""An exam that staff cancel: its candidates are told by every program that looks."""

import pytest

from tests.core.exams.college import College
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.exams import leaving
from turnout.core.exams.leaving import cancel_exam_by_staff
from turnout.core.ids import EventId
from turnout.errors import Missing


def cancel(college: College, event_id: EventId) -> bool:
    return college.db.call(cancel_exam_by_staff, college.org_id, event_id, "flood", actor="test")


def test_its_candidates_are_cancelled_in_slices_with_their_history(node, monkeypatch):
    monkeypatch.setattr(leaving, "SLICE", 2)
    college = College(node)
    for number, learner in enumerate("abcd", start=1):
        college.register(number, learner)
    college.cancel(4)
    [event_id] = college.sitting(1, "r.event_id")
    before = college.find(1).changed_at
    node.clock.now += 1000
    assert cancel(college, event_id) is True
    assert cancel(college, event_id) is False
    assert cancel(college, event_id) is False
    event = college.db.call(get_event, college.org_id, event_id)
    assert (event.state, event.held) == (EventState.CANCELLED, 0)
    for number in (1, 2, 3, 4):
        assert college.changes(number)[-1] == "RegistrationCancelled"
        assert college.sitting(number, "r.state, s.attendance") == ("cancelled", "Withdrawn")
    assert college.find(1).changed_at == before + 1000
    assert college.changes(4).count("RegistrationCancelled") == 1


def test_what_is_no_exam_is_missing(node, org_id):
    college = College(node)
    college.register(1)
    [event_id] = college.sitting(1, "r.event_id")
    with pytest.raises(Missing):
        node.db.call(cancel_exam_by_staff, org_id, event_id, "", actor="test")
    assert college.sitting(1, "r.state") == ("confirmed",)
