"""Many registrations at once: slices that go on, and refusals that stay alone."""

from functools import partial

import pytest

from tests.core.registrations.office import Office
from turnout.core.ids import NO_REGISTRATION, RegistrationId
from turnout.core.registrations import bulk
from turnout.core.registrations.bulk import change_slice
from turnout.core.registrations.changing import book_session
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.listing import RegistrationFilter, count_matching
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.notes import add_tag


@pytest.fixture
def office(node, monkeypatch) -> Office:
    monkeypatch.setattr(bulk, "SLICE", 2)
    office = Office(node)
    for name in ("a", "b", "c", "d", "e"):
        office.add(name)
    return office


def run(office: Office, act, **wanted) -> tuple[int, list[tuple[str, str]]]:
    changed = 0
    refused: list[tuple[str, str]] = []
    after: RegistrationId | None = NO_REGISTRATION
    while after is not None:
        asked = RegistrationFilter(office.event_id, **wanted)
        done = office.call(change_slice, asked, act, after=after)
        changed += done.changed
        refused += [(one.registration.email[:1], one.reason) for one in done.refused]
        after = done.last
    return changed, refused


def test_all_that_fit_are_changed_though_they_fit_no_more(office):
    cancel = partial(cancel_registration, actor="test")
    assert run(office, cancel, state=RegistrationState.CONFIRMED) == (5, [])
    left = RegistrationFilter(office.event_id, state=RegistrationState.CONFIRMED)
    assert office.call(count_matching, left) == 0
    assert office.held() == {"event": 0, "general": 0, "hall": 0, "talk": 0, "tour": 0}


def test_one_that_is_refused_stays_and_the_others_go_on(office):
    def book(tx, org_id, registration_id):
        book_session(tx, org_id, registration_id, office.talk, actor="test")
        book_session(tx, org_id, registration_id, office.tour, actor="test")

    full = (
        "The session 'Tour' is full: 1 of 1 places are taken. Choose another session, or give it "
        "more places."
    )
    assert run(office, book) == (1, [(name, full) for name in "bcde"])
    assert office.held()["talk"] == office.held()["tour"] == 1
    assert run(office, book) == (1, [(name, full) for name in "bcde"])


def test_what_was_so_before_does_not_count(office):
    tag = partial(add_tag, tag="VIP", actor="test")
    assert run(office, tag) == (5, [])
    assert run(office, tag) == (0, [])
