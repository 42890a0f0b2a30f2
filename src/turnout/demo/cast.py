"""Who is in the demo: names, the seed of its chance, and credentials that last."""

from collections.abc import Mapping
from typing import Any

from turnout.core.identity.credentials import authenticate, issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import EventId, OrgId
from turnout.errors import Unauthenticated
from turnout.store import Database

SEED = 1435
SLUG = "rail-forum"
ACTOR = "system"
ZONE = "Europe/Berlin"

Known = Mapping[str, Any]
"""What demo.json has as it was written before; empty where it is missing or damaged."""

SHOW_ANSWER = "printf '%s\\n' \"$ANSWER\""
"""A line for the shell."""

AREAS = (202, 212, 303, 312, 404, 415, 503, 512, 617, 713)


def number_of(number: int) -> str:
    """A phone number for every third of the people, else none: of each American area a hundred are
    kept for fiction, and are nobody's. They are valid, so that the simulator takes them."""
    area, ending = divmod(number, 100)
    return f"+1 {AREAS[area % len(AREAS)]} 555 01{ending:02}" if number % 3 == 0 else ""


FIRST_NAMES = (
    "Amara",
    "Bjørn",
    "Chiara",
    "Dmitri",
    "Elif",
    "Farid",
    "Grace",
    "Hiro",
    "Ingrid",
    "João",
    "Kavya",
    "Liam",
    "Mei",
    "Nuria",
    "Omar",
    "Petra",
    "Quentin",
    "Rosa",
    "Sven",
    "Tomasz",
    "Ursula",
    "Viktor",
    "Wanjiru",
    "Ximena",
    "Yusuf",
    "Zoë",
)
LAST_NAMES = (
    "Abara",
    "Berg",
    "Conti",
    "Dvořák",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Novak",
    "Okafor",
    "Petrov",
    "Quispe",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Ustinov",
    "Varga",
    "Weber",
    "Xu",
    "Yildiz",
    "Zimmermann",
)
COMPANIES = ("Nordbahn", "Tramline Labs", "Signal & Co", "Metro Lisboa", "Points GmbH", "")
JOBS = ("Engineer", "Planner", "Operations", "Researcher", "Student", "")


def member_of(known: Known, name: str) -> Known:
    """A member of `known`; empty where it is none, such as in a file that somebody has edited."""
    member = known.get(name)
    return member if isinstance(member, dict) else {}


def seed_token(
    db: Database,
    org_id: OrgId,
    kind: CredentialKind,
    known: object,
    event_id: EventId | None = None,
) -> str:
    """The credential that is known, or a new one where it is no longer good."""
    try:
        found = db.call(authenticate, kind, str(known or ""))
        if found.org_id == org_id and found.event_id == event_id:
            return str(known)
    except Unauthenticated:
        pass
    _, secret = db.call(issue_credential, org_id, kind, "demo", event_id=event_id, actor=ACTOR)
    return secret
