"""The beginning of an installation: a link to set it up, and the demo's link to sign in.

The link to set up is good once, for a day, and while there is no organization; each start of a
server makes a new one and ends those from before. It makes the first organization and its owner.
"""

from typing import NamedTuple

from turnout.core.identity.model import Principal, Role
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import Browser, SignedIn, get_principal, sign_in
from turnout.core.identity.single_uses import (
    Purpose,
    get_single_use,
    make_single_use,
    take_single_use,
)
from turnout.core.identity.sql import sql
from turnout.core.identity.users import create_user
from turnout.core.ids import NO_ORG, NO_USER
from turnout.errors import Gone
from turnout.store import Tx

ACTOR = "system"
SET_UP_PATH = "/console/set-up/"
LINK_PATH = "/console/sign-in/link/"


class FirstOwner(NamedTuple):
    """What the set-up page asks for: the organization and who owns it. `slug` is its short name."""

    organization: str
    slug: str
    timezone: str
    name: str
    email: str


def is_empty(tx: Tx) -> bool:
    """Whether the installation has no organization yet."""
    return sql.count_organizations(tx) == 0


def make_set_up(tx: Tx) -> str | None:
    """The token of a new link to set the installation up; None where it is."""
    if not is_empty(tx):
        return None
    sql.delete_single_uses_of(tx, org_id=NO_ORG, user_id=NO_USER, purpose=Purpose.SET_UP.value)
    return make_single_use(tx, Purpose.SET_UP)


def check_set_up(tx: Tx, token: str) -> None:
    """Raise Gone unless the installation can be set up by that link."""
    get_single_use(tx, Purpose.SET_UP, token)
    if not is_empty(tx):
        raise Gone("link.used")


def set_up(tx: Tx, token: str, first: FirstOwner, password_hash: str, browser: Browser) -> SignedIn:
    """Make the first organization and its owner, who is signed in. Raises Gone, Conflict, Invalid
    for what is wrong in `first`."""
    check_set_up(tx, token)
    take_single_use(tx, Purpose.SET_UP, token)
    made = create_organization(
        tx, first.slug, first.organization, timezone=first.timezone, actor=ACTOR
    )
    user = create_user(
        tx,
        made.org_id,
        first.email,
        name=first.name,
        email=first.email,
        role=Role.ADMIN,
        password_hash=password_hash,
        roles={StaffRole.OWNER},
        actor=ACTOR,
    )
    return sign_in(tx, get_principal(tx, user), browser)


def make_demo_link(tx: Tx, principal: Principal) -> str:
    """The token of a link that signs the demo's owner in, once."""
    return make_single_use(tx, Purpose.SIGN_IN, principal.org_id, principal.user_id)


def sign_in_by_link(tx: Tx, token: str, browser: Browser) -> SignedIn:
    """Use the demo's link up. Raises Gone, Unauthenticated."""
    found = take_single_use(tx, Purpose.SIGN_IN, token)
    password = sql.find_live_password(tx, org_id=found.org_id, user_id=found.user_id)
    if password is None:
        raise Gone("link.used")
    return sign_in(tx, Principal(found.org_id, password, found.user_id), browser)
