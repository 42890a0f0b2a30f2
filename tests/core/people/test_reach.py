"""Whom staff who see some events only may change."""

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.builder import Builder, contact
from tests.support.node import Account
from turnout.core.events.programme import get_event
from turnout.core.exams.learners import NewLearner, add_learner
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import Access, get_access, limit_colleague, limit_event
from turnout.core.ids import EventId, OrgId, PersonId
from turnout.core.invitations.invitees import invite
from turnout.core.people.finding import get_person
from turnout.core.people.merging import find_person, merge_person
from turnout.core.people.reach import Reach, check_reached, is_reached, meet_person
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.offers import join_list
from turnout.errors import Conflict
from turnout.store import Database, Tx

ORGANIZER, DOOR, OWNER = StaffRole.ORGANIZER, StaffRole.DOOR, StaffRole.OWNER


class Team:
    """Somebody of the staff of an organization with two events, and whom they reach."""

    def __init__(self, db: Database, account: Account) -> None:
        self.db, self.org_id = db, account.org_id
        self.own, self.hidden = account.event.id, db.call(_add_event, account.org_id)

    def access(self, *roles: StaffRole, is_limited: bool = False) -> Access:
        user = add_user(self.db, self.org_id, f"u{len(roles)}{is_limited}".lower(), set(roles))
        if is_limited:
            whose = (self.org_id, user.id, [self.own])
            self.db.call(limit_colleague, *whose, is_limited=True, actor="test")
        slug = self.db.call(get_organization_of, self.org_id).slug
        return self.db.call(get_access, principal_of(self.db, user), slug)

    def register(self, name: str, event_id: EventId) -> PersonId:
        made = self.db.call(add_by_staff, self.org_id, event_id, contact(name), actor="test")
        self.last = made.registration_id
        return self.person(name)

    def person(self, name: str) -> PersonId:
        found = self.db.call(find_person, self.org_id, contact(name).email)
        assert found is not None
        return found.id

    def reaches(self, person_id: PersonId, access: Access) -> bool:
        return self.db.call(is_reached, self.org_id, person_id, access)

    def name_after_meeting(self, name: str, reach: Reach | None) -> str:
        said = contact(name, first_name="New")
        person_id = self.db.call(meet_person, self.org_id, said, reach)
        return self.db.call(get_person, self.org_id, person_id).contact.first_name


def _add_event(tx: Tx, org_id: OrgId) -> EventId:
    return Builder.of(tx, get_organization_of(tx, org_id)).event("Hidden").id


@pytest.fixture
def team(db: Database, account: Account) -> Team:
    return Team(db, account)


def test_every_kind_of_record_counts(team: Team, db: Database) -> None:
    limited = team.access(ORGANIZER, is_limited=True)
    people = {"own": team.register("own", team.own)}
    people["registered"] = team.register("registered", team.own)
    team.register("registered", team.hidden)
    team.register("gone", team.own)
    people["gone"] = team.register("gone", team.hidden)
    db.call(cancel_registration, team.org_id, team.last, actor="test")
    for name in ("waits", "invited"):
        people[name] = team.register(name, team.own)
    db.call(_wait_and_invite, team)
    people["stranger"] = db.call(merge_person, team.org_id, contact("stranger")).id
    found = [name for name, person_id in people.items() if team.reaches(person_id, limited)]
    assert found == ["own"]
    with pytest.raises(Conflict, match="Ask an owner"):
        db.call(check_reached, team.org_id, people["waits"], limited)
    db.call(check_reached, team.org_id, people["own"], limited)


def _wait_and_invite(tx: Tx, team: Team) -> None:
    house = Builder.of(tx, get_organization_of(tx, team.org_id))
    event = house.event("Full")
    kind = house.ticket_type(event, "Seat", capacity=0)
    join_list(tx, team.org_id, event.id, kind.id, contact("waits"))
    campaign = house.campaign(event, kind, [])
    invite(tx, team.org_id, campaign.id, [contact("invited")])


def test_an_event_that_names_its_people_is_hidden_from_others_but_not_from_owners(
    team: Team, db: Database
) -> None:
    person_id = team.register("ann", team.hidden)
    assert team.reaches(person_id, team.access(ORGANIZER))
    db.call(limit_event, team.org_id, team.hidden, is_limited=True, actor="test")
    assert not team.reaches(person_id, team.access(ORGANIZER, StaffRole.READER))
    assert team.reaches(person_id, team.access(OWNER, ORGANIZER, DOOR))


def test_who_is_known_keeps_the_name_where_staff_do_not_reach_them(team: Team) -> None:
    team.register("ann", team.hidden)
    limited = Reach(team.access(ORGANIZER, is_limited=True), team.own)
    before = contact("ann").first_name
    assert team.name_after_meeting("ann", limited) == before
    assert team.name_after_meeting("new", limited) == "New"
    team.register("bob", team.own)
    assert team.name_after_meeting("bob", limited) == "New"
    assert team.name_after_meeting("ann", None) == "New"


def test_an_invitation_renames_nobody_whom_staff_do_not_reach(team: Team, db: Database) -> None:
    person_id = team.register("ann", team.hidden)
    reach = Reach(team.access(ORGANIZER, is_limited=True), team.own)
    added = db.call(_invite_renamed, team, reach)
    known = db.call(get_person, team.org_id, person_id).contact
    assert (added, known.first_name) == (1, contact("ann").first_name)


def _invite_renamed(tx: Tx, team: Team, reach: Reach) -> int:
    house = Builder.of(tx, get_organization_of(tx, team.org_id))
    event = get_event(tx, team.org_id, team.own)
    campaign = house.campaign(event, house.ticket_type(event, "Guests"), [])
    said = [contact("ann", first_name="New")]
    return invite(tx, team.org_id, campaign.id, said, reach=reach)


def test_a_learner_beyond_reach_is_not_renamed(team: Team, db: Database) -> None:
    team.register("ann", team.hidden)
    reach = Reach(team.access(ORGANIZER, is_limited=True), team.own)
    new = NewLearner("L1", "New", "Guest", contact("ann").email)
    with pytest.raises(Conflict, match="Ask an owner"):
        db.call(add_learner, team.org_id, new, reach=reach, actor="test")
    db.call(add_learner, team.org_id, new, actor="test")
    with pytest.raises(Conflict, match="Ask an owner"):
        db.call(add_learner, team.org_id, new, reach=reach, actor="test")


def test_the_door_renames_nobody(team: Team) -> None:
    team.register("ann", team.own)
    door = Reach(team.access(DOOR), team.own)
    assert team.name_after_meeting("ann", door) == contact("ann").first_name
    assert team.name_after_meeting("new", door) == "New"
