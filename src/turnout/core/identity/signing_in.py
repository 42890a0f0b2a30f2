"""From a right password, or a mailed link, to a session, by way of a second step where the user has
one.

Theory. Somebody who has shown the first proof gets either a session or a secret for the second
step; the secret is good for ten minutes, and once. A session begins in the transaction that uses
the last secret up, always under a new token. What is refused in the second step is returned, not
raised, so that the try counts.

An address names every user that has it, since anybody may give it to a user of their own: signing
in, the password decides who is meant, and a link to choose one is mailed for each.
"""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from turnout.core.audit.recording import record
from turnout.core.identity.known_places import Named, find_by_code
from turnout.core.identity.members import Password
from turnout.core.identity.model import Principal, User
from turnout.core.identity.names import find_name
from turnout.core.identity.page_sessions import begin_page_session
from turnout.core.identity.roles import StaffRole, has_permission
from turnout.core.identity.second_steps import (
    SecondSteps,
    check_second_step,
    find_second_steps,
    remove_second_steps,
)
from turnout.core.identity.single_uses import (
    Purpose,
    SingleUse,
    end_single_uses,
    get_single_use,
    make_single_use,
    take_single_use,
)
from turnout.core.identity.sql import sql
from turnout.core.identity.users import set_password
from turnout.core.ids import NO_CREDENTIAL, OrgId, UserId
from turnout.errors import Failure, Gone, Missing, Unauthenticated
from turnout.store import Tx

T = TypeVar("T")

MOST_NAMED = 3
"""The users whose passwords are tried for one address; each costs every wrong sign-in a hash."""
MOST_MAILED = 5


class Browser(NamedTuple):
    """Who asks for a session: the browser's former one, what it says of itself, where it is."""

    former: str = ""
    device: str = ""
    place: str = ""


class SignedIn(NamedTuple):
    """A session that has begun: its token, and whose it is."""

    token: str
    principal: Principal


class SecondStepWanted(NamedTuple):
    """The first step is done; `token` is good for the second."""

    token: str


def find_passwords_of(tx: Tx, name: str) -> Named:
    """The passwords of the user of that code, and of those of that address."""
    named = find_by_code(tx, name)
    if "@" not in name:
        return named
    rows = sql.list_passwords_by_email(tx, email=name, limit=MOST_NAMED)
    by_address = [Password(Principal(row.org_id, row.id, row.user_id), row.digest) for row in rows]
    found = named.passwords + [one for one in by_address if one not in named.passwords]
    return Named(_in_turn(found, lambda one: one.principal)[:MOST_NAMED], MOST_NAMED)


def find_messenger_password(tx: Tx, user_code: str) -> Named:
    """The password of the user of that code, for the APIs that take one; of no user whose roles in
    the own organization do not permit to send messages."""
    named = find_by_code(tx, user_code)
    if not named.passwords:
        return named
    principal = named.passwords[0].principal
    rows = sql.list_roles_of(tx, org_id=principal.org_id, user_id=principal.user_id)
    may_send = has_permission([StaffRole(row.role) for row in rows], "messages.send")
    return named if may_send else Named([])


def find_users_of(tx: Tx, name: str) -> list[User]:
    """The user of that code and those of that address who are not disabled, a few at most."""
    users = sql.list_users_by_email(tx, email=name, limit=MOST_MAILED)
    target = find_name(tx, "user", name.casefold())
    if target:
        user_id = UserId(target.target_id)
        by_code = sql.find_user(tx, org_id=target.org_id, user_id=user_id)
        others = [one for one in users if one.id != user_id]
        users = [by_code, *others] if by_code else others
    return _in_turn(users, lambda one: Principal(one.org_id, NO_CREDENTIAL, one.id))[:MOST_MAILED]


def find_user_of(tx: Tx, name: str) -> User | None:
    """The user of that code, or of that address, who is not disabled; None where several have it,
    or nobody."""
    target = find_name(tx, "user", name.casefold())
    if target:
        return sql.find_user(tx, org_id=target.org_id, user_id=UserId(target.target_id))
    users = sql.list_users_by_email(tx, email=name, limit=MOST_NAMED)
    return users[0] if len(users) == 1 else None


def _in_turn(found: list[T], whose: Callable[[T], Principal]) -> list[T]:
    """One user of each organization, the oldest first, then the next of each: nobody pushes others
    out who gives an address to many users of their own."""
    turns: Counter[OrgId] = Counter()
    order: list[tuple[int, UserId, int]] = []
    for number, one in enumerate(found):
        principal = whose(one)
        turns[principal.org_id] += 1
        order.append((turns[principal.org_id], principal.user_id, number))
    return [found[number] for _, _, number in sorted(order)]


def get_user(tx: Tx, principal: Principal) -> User:
    """The user who signed in. Raises Unauthenticated for one who is disabled."""
    user = sql.find_user(tx, org_id=principal.org_id, user_id=principal.user_id)
    if user is None:
        raise Unauthenticated("login.ended")
    return user


def pass_first_step(tx: Tx, principal: Principal, browser: Browser) -> SignedIn | SecondStepWanted:
    """Go on from a right password or a mailed link. Raises Unauthenticated for a user who may not
    sign in any more."""
    if find_second_steps(tx, principal.org_id, principal.user_id).is_on:
        token = make_single_use(
            tx,
            Purpose.SECOND_STEP,
            principal.org_id,
            principal.user_id,
            credential_id=principal.credential_id,
        )
        return SecondStepWanted(token)
    return sign_in(tx, principal, browser)


def sign_in(tx: Tx, principal: Principal, browser: Browser) -> SignedIn:
    """Begin a session for somebody who has proved all that is asked. Raises Unauthenticated."""
    end_single_uses(tx, Purpose.SECOND_STEP, principal.org_id, principal.user_id)
    token = begin_page_session(
        tx, principal, browser.former, device=browser.device, place=browser.place
    )
    return SignedIn(token, principal)


def read_second_step(tx: Tx, token: str) -> SecondSteps:
    """What the user who waits for the second step has for it. Raises Gone."""
    found = get_single_use(tx, Purpose.SECOND_STEP, token)
    return find_second_steps(tx, found.org_id, found.user_id)


def pass_second_step(tx: Tx, token: str, code: str, browser: Browser) -> SignedIn | Failure:
    """Begin a session as `code` is right. Returns Invalid or Limited where it is not: the try
    counts. Raises Gone for a first step that is too long ago, Unauthenticated."""
    found = get_single_use(tx, Purpose.SECOND_STEP, token)
    principal = _principal_of(found)
    if refusal := check_second_step(tx, get_user(tx, principal), code):
        return refusal
    take_single_use(tx, Purpose.SECOND_STEP, token)
    return sign_in(tx, principal, browser)


def make_reset(tx: Tx, user: User, *, without_second_step: bool = False, actor: str) -> str:
    """The token of a link with which the user chooses a password; those from before end.
    `without_second_step`: authenticator, passkeys and recovery codes are forgotten, too."""
    if without_second_step:
        remove_second_steps(tx, user, actor=actor)
    record(tx, user.org_id, actor, "made", "password_link", user.id)
    return make_single_use(tx, Purpose.RESET, user.org_id, user.id)


def find_reset(tx: Tx, token: str) -> User:
    """Who chooses a password by a link. Raises Gone for one that is used or over."""
    found = get_single_use(tx, Purpose.RESET, token)
    return _live_user(tx, found)


def reset_by_link(
    tx: Tx, token: str, password_hash: str, browser: Browser
) -> SignedIn | SecondStepWanted:
    """Use a link up: the password (its hash) is the user's, sessions by the former one end, and the
    user goes on as after a right password. Raises Gone."""
    user = _live_user(tx, take_single_use(tx, Purpose.RESET, token))
    set_password(tx, user.org_id, user.id, password_hash)
    record(tx, user.org_id, f"user:{user.id}", "reset", "password", user.id)
    end_single_uses(tx, Purpose.SECOND_STEP, user.org_id, user.id)
    return pass_first_step(tx, get_principal(tx, user), browser)


def change_password(tx: Tx, user: User, password_hash: str, browser: Browser) -> SignedIn:
    """Give a user who is signed in another password; every other session ends, this one gets a new
    token."""
    set_password(tx, user.org_id, user.id, password_hash)
    record(tx, user.org_id, f"user:{user.id}", "changed", "password", user.id)
    end_single_uses(tx, Purpose.RESET, user.org_id, user.id)
    return sign_in(tx, get_principal(tx, user), browser)


def get_principal(tx: Tx, user: User) -> Principal:
    """The user as somebody who signs in. Raises Missing for a user without a password."""
    password = sql.find_live_password(tx, org_id=user.org_id, user_id=user.id)
    if password is None:
        raise Missing("user.no_password")
    return Principal(user.org_id, password, user.id)


def _live_user(tx: Tx, found: SingleUse) -> User:
    user = sql.find_user(tx, org_id=found.org_id, user_id=found.user_id)
    if user is None:
        raise Gone("link.used")
    return user


def _principal_of(found: SingleUse) -> Principal:
    return Principal(found.org_id, found.credential_id, found.user_id)
