"""Merging two people: both are shown first, and only what was shown is merged."""

import hashlib
from typing import NamedTuple

import msgspec

from turnout.core.erasure.overview import Overview, read_overview
from turnout.core.erasure.uniting import unite_people
from turnout.core.ids import PersonId
from turnout.core.people.finding import get_named_person
from turnout.errors import Conflict, Invalid, Missing
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit

LONGEST_NAME = 100


class Pair(NamedTuple):
    """The one who stays, and the other one."""

    kept: Overview
    other: Overview

    @property
    def shown(self) -> str:
        """What the confirmation says: it fits no more once anything that was shown has changed."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


def find_pair(visit: Visit, kept_id: PersonId, other: str) -> Pair:
    """Both as they are shown, the other by number or address. Raises Invalid for nobody whom the
    user reaches and for one person twice, Conflict for a person whom the user does not reach."""
    tx, org_id = visit.tx, visit.org_id
    visit.check_reached(kept_id)
    try:
        named = get_named_person(tx, org_id, other)
    except Missing as unknown:
        raise _nobody(other) from unknown
    if named.id == kept_id:
        raise Invalid("person.same", person_id=kept_id)
    if not visit.reaches(named.id):
        raise _nobody(other)
    return Pair(read_overview(tx, org_id, kept_id), read_overview(tx, org_id, named.id))


def merge_shown(visit: Visit, kept_id: PersonId, form: Form) -> None:
    """Make the other a part of the person, if the form confirms what is shown of both now. Raises
    Conflict where it does not, and as `find_pair` does."""
    pair = find_pair(visit, kept_id, form.value("other"))
    if form.value("shown") != pair.shown:
        raise Conflict("console.merge_unseen")
    other_id = pair.other.person.id
    unite_people(visit.tx, visit.org_id, kept_id, other_id, actor=visit.user.actor)


def _nobody(name: str) -> Invalid:
    return Invalid("console.nobody", name=name[:LONGEST_NAME])
