"""The history of a candidate in sentences: what was done, when and by whom."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from turnout.catalogue import Phrase
from turnout.catalogue.histories import phrase_known, tell
from turnout.core.exams.history import ChangeEntry
from turnout.core.exams.model import Change
from turnout.core.exams.planning import find_exam
from turnout.web.console.actors import name_actors, say_by
from turnout.web.console.page import Visit
from turnout.web.console.words import say

_KINDS = {Change.OVERLAP: "wait", Change.CANCELLED: "stop", Change.DELETED: "stop"}
_FACTS = {
    Change.REQUESTED: "event",
    Change.EVENT_CHANGED: "event",
    Change.FORM_ASSIGNED: "form",
    Change.ATTENDANCE: "attendance",
    Change.GRADED: "grading",
    Change.GRANTED: "accommodation",
    Change.REVOKED: "accommodation",
}
"""The fact that a sentence names."""


class Step(NamedTuple):
    """A change as the line shows it. `at` in epoch ms; `by` and `reason` may be empty."""

    at: int
    kind: str
    what: str
    by: str
    reason: str


def list_steps(visit: Visit, changes: Sequence[ChangeEntry]) -> list[Step]:
    """Changes in sentences, in their order."""
    names, exams = name_actors(visit), _name_exams(visit, changes)
    return [
        Step(
            change.at,
            _KINDS.get(change.type, "done"),
            _say_change(change, exams),
            say_by(change.actor, names),
            change.reason,
        )
        for change in changes
    ]


def _say_change(change: ChangeEntry, exams: Mapping[str, str]) -> str:
    name = _FACTS.get(change.type, "")
    of = str(change.became.get(name) or change.was.get(name) or "")
    if name == "event":
        of = exams.get(of, "")
    elif name == "attendance" and of:
        of = say(f"console.exams.attendance.{of.lower()}").unescape()
    if of:
        return tell(Phrase(f"exams.change.{change.type.value}.of", {"of": of}))
    return tell(phrase_known("exams.change", change.type.value))


def _name_exams(visit: Visit, changes: Sequence[ChangeEntry]) -> dict[str, str]:
    """The titles of the exams that are named, as far as the user sees these."""
    named = {
        str(facts.get("event", "")) for change in changes for facts in (change.was, change.became)
    }
    found = {uuid: find_exam(visit.tx, visit.org_id, uuid) for uuid in sorted(named - {""})}
    return {
        uuid: exam.title for uuid, exam in found.items() if exam and visit.user.sees(exam.event_id)
    }
