"""Who runs the installation, as far as pages are concerned: the owners of its first organization.

Commands are for those who may run them on the machine; pages know nobody of that kind. Why it is
the first organization: docs/adr/0041-the-first-organization-operates.md.
"""

from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Missing
from turnout.store import Tx

PAGE = "server"
"""The last part of the page's address."""


def find_operator(tx: Tx) -> OrgId | None:
    """The first organization; None = there is none yet."""
    return sql.find_first_organization(tx)


def is_operator(tx: Tx, org_id: OrgId) -> bool:
    """Whether owners of that organization see the server's own page."""
    return find_operator(tx) == org_id


def require_operator(tx: Tx, org_id: OrgId) -> None:
    """Raise Missing for every other organization: its owners are not to know of the page."""
    if not is_operator(tx, org_id):
        raise Missing("path.missing", path=PAGE)
