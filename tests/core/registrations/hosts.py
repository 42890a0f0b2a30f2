"""An event of few places at which parties of guests are registered."""

from tests.core.registrations.doors import Doors
from tests.support.builder import contact
from turnout.core.events.programme import set_person_limit
from turnout.core.people.model import Contact
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.parties import Guest, Party, grant_party
from turnout.core.registrations.rules import Door
from turnout.core.tickets.mails import claim_ticket_mails
from turnout.store import Tx

NAMELESS = Contact(email="", first_name="Zoe")


class Hosts:
    """The event; hosts and guests are known by a letter."""

    def __init__(self, doors: Doors) -> None:
        self.doors, self.db, self.org_id = doors, doors.db, doors.org_id

    def seat(self, host: str, guests: list[Contact], type_: int = 0) -> Party:
        """Register a party of that host's, as its form does."""
        type_id = self.doors.type_ids[type_]
        return self.db.call(
            grant_party,
            self.org_id,
            self.doors.event_id,
            contact(host),
            [Guest(guest, type_id) for guest in guests],
            door=Door.FORM,
            source="form",
            actor="test",
        )

    def limit(self, limit: int | None, type_: int = 0) -> None:
        self.doors.call(set_person_limit, self.doors.type_ids[type_], limit, actor="test")

    def mails(self, party: Party) -> list[tuple[str, str]]:
        """To whom the tickets of a party are mailed, and whose they are."""

        def mail(tx: Tx) -> list[tuple[str, str]]:
            for granted in party.tickets:
                queue_ticket_mail(tx, self.org_id, granted.ticket.id)
            mails = claim_ticket_mails(tx)
            return [(mail.email, mail.facts.holder) for mail in mails]

        return self.db.call(mail)

    def count(self, table: str) -> int:
        question = f"SELECT count(*) FROM {table} WHERE org_id = {self.org_id}"
        return self.db.call(lambda tx: tx.connection.execute(question).fetchone()[0])
