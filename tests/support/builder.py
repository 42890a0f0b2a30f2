"""The one maker of organizations, events and people for tests, inside a transaction.

    def _make(tx: Tx) -> ...:
        house = Builder(tx, "acme")
        event = house.event("Dinner", capacity=10)
        hall = house.ticket_type(event, "Hall", capacity=5)
        guests = house.campaign(event, hall, house.people("ann", "bob"))

`db.call(make_organization, "acme")` is the short form for tests that need no more than its number.
What is not said has a usual value; options go to the product's own verbs.
"""

from collections.abc import Iterable
from typing import Any

from turnout.core.events.model import Event, Session, TicketType, span
from turnout.core.events.programme import (
    create_event,
    create_session,
    create_ticket_type,
    list_ticket_types,
)
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind, Organization, Principal, User
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId
from turnout.core.invitations.campaigns import Campaign, create_campaign
from turnout.core.invitations.invitees import invite
from turnout.core.people.model import Contact
from turnout.store import Tx

ACTOR = "test"
WHEN = span("2027-06-01T09:00", "2027-06-01T17:00", "Europe/Berlin")


def make_organization(tx: Tx, /, slug: str, name: str = "", **options: Any) -> OrgId:
    """Make an organization; its number."""
    return Builder(tx, slug, name, **options).org_id


def contact(name: str, **facts: Any) -> Contact:
    """Somebody who is known by a first name in lower case."""
    known = {"email": f"{name}@example.com", "first_name": name.title(), "last_name": "Guest"}
    return Contact(**(known | facts))


class Builder:
    """An organization in the making. `name` empty = the short name in capitals."""

    def __init__(self, tx: Tx, slug: str, name: str = "", **options: Any) -> None:
        self.tx, self.slug = tx, slug
        self.organization: Organization = create_organization(
            tx, slug, name or slug.title(), actor=ACTOR, **options
        )
        self.org_id = self.organization.org_id

    @classmethod
    def of(cls, tx: Tx, organization: Organization) -> "Builder":
        """A builder of more for an organization that there is."""
        made = cls.__new__(cls)
        made.tx, made.slug = tx, organization.slug
        made.organization, made.org_id = organization, organization.org_id
        return made

    def user(self, code: str = "", **options: Any) -> User:
        """A user; `code` empty = `au/` and the short name."""
        facts: dict[str, Any] = {"name": "A", "email": "a@example.com", "actor": ACTOR} | options
        return create_user(self.tx, self.org_id, code or f"au/{self.slug}", **facts)

    def credential(self, kind: CredentialKind, **options: Any) -> tuple[Principal, str]:
        """Who holds a new credential, and its secret."""
        named = {"name": "test", "actor": ACTOR} | options
        made, secret = issue_credential(self.tx, self.org_id, kind, **named)
        return Principal(self.org_id, made.id), secret

    def event(self, title: str = "Summit", when: Any = WHEN, **options: Any) -> Event:
        return create_event(self.tx, self.org_id, title, when, actor=ACTOR, **options)

    def session(self, event: Event, title: str, when: Any = None, **options: Any) -> Session:
        """A session; as long as the event usually is, unless `when` says otherwise."""
        return create_session(
            self.tx, self.org_id, event.id, title, when or WHEN, actor=ACTOR, **options
        )

    def ticket_type(self, event: Event, name: str, **options: Any) -> TicketType:
        return create_ticket_type(self.tx, self.org_id, event.id, name, actor=ACTOR, **options)

    def default_type(self, event: Event) -> TicketType:
        """The ticket type that the event has from the start."""
        return next(
            found for found in list_ticket_types(self.tx, self.org_id, event.id) if found.is_default
        )

    def people(self, *names: str, **facts: Any) -> list[Contact]:
        """People by their first names."""
        return [contact(name, **facts) for name in names]

    def campaign(
        self, event: Event, ticket_type: TicketType, contacts: Iterable[Contact], **options: Any
    ) -> Campaign:
        """An invitation of those people to tickets of that type; nothing is sent."""
        facts: dict[str, Any] = {
            "name": "Guests",
            "subject": "Come",
            "sender_email": "house@example.com",
            "body": "%%link%%",
            "user_id": 1,
            "actor": ACTOR,
        }
        made = create_campaign(
            self.tx, self.org_id, event.id, ticket_type_id=ticket_type.id, **(facts | options)
        )
        invite(self.tx, self.org_id, made.id, list(contacts))
        return made
