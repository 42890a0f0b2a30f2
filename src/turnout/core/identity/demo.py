"""What belongs to a demo, whose passwords and keys many people have seen.

The demo's organizations are marked, and with them every credential that is issued in them. A
server refuses these credentials unless its operator permits them (`--allow-demo`).
"""

from turnout.core.identity.model import Organization
from turnout.core.identity.sql import sql
from turnout.errors import Missing, Unauthenticated
from turnout.store import Tx

PERMISSION = "allow_demo"
REFUSED = "credential.demo"


def check_demo(tx: Tx, is_demo: bool) -> None:
    """Raise Unauthenticated for a credential of the demo, where they are not let in."""
    if is_demo and PERMISSION not in tx.permitted:
        raise Unauthenticated(REFUSED)


def find_demo_organization(tx: Tx) -> Organization | None:
    """The organization that a demo's seeding made, if there is one."""
    return sql.find_demo_organization(tx)


def get_demo_organization(tx: Tx) -> Organization:
    """The organization that a demo's seeding made. Raises Missing."""
    found = find_demo_organization(tx)
    if found is None:
        raise Missing("demo.missing")
    return found


def count_demo_credentials(tx: Tx) -> int:
    """How many credentials of a demo are in the database and not revoked."""
    return int(sql.count_demo_credentials(tx))


def list_made_by_operators(tx: Tx) -> list[str]:
    """Short names of up to three organizations that were made at a command line, which the demo
    never does; works on every older schema too."""
    return [slug for (slug,) in sql.list_made_by(tx, pattern="cli:%")]


def list_other_organizations(tx: Tx) -> list[str]:
    """Short names of up to three organizations that are not the demo's."""
    return [slug for (slug,) in sql.list_other_organizations(tx)]
