"""Making users and their passwords."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from turnout.core.audit.recording import record
from turnout.core.identity.model import CredentialKind, Role, User
from turnout.core.identity.names import Target, take_name
from turnout.core.identity.sql import sql
from turnout.core.text import is_email
from turnout.errors import Invalid
from turnout.store import Tx

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash of a password: about 150 ms and 64 MiB, so never inside a transaction.

    Raises Invalid when it has fewer than 10 characters.
    """
    if len(password) < 10:
        raise Invalid("password.short", "The password needs at least 10 characters.")
    return _hasher.hash(password)


def is_password(password: str, hashed: str) -> bool:
    """Whether `password` is the one that `hashed` was made of; in constant time for its length."""
    try:
        return _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def create_user(
    tx: Tx,
    org_id: int,
    user_code: str,
    *,
    name: str,
    email: str,
    role: Role = Role.ACCT,
    password_hash: str | None = None,
    actor: str,
) -> User:
    """Make a user. Raises Conflict when the user code is taken, Invalid for a bad e-mail."""
    if not is_email(email):
        raise Invalid("user.email", f"{email!r} is not an e-mail address.")
    user = User(org_id, tx.next_id("identity"), user_code, role, name, email)
    take_name(tx, "user", user_code.casefold(), Target(org_id, "user", user.id))
    sql.add_user(
        tx,
        org_id=org_id,
        id=user.id,
        uuid=tx.uuid(),
        user_code=user_code,
        role=role.value,
        name=name,
        email=email,
        now=tx.now,
    )
    if password_hash:
        _add_password(tx, user, password_hash)
    record(tx, org_id, actor, "created", "user", user.id, user_code=user_code, role=role.value)
    return user


def list_users(tx: Tx, org_id: int) -> list[User]:
    """The organization's users who are not disabled."""
    return [
        User(org_id, id_, code, Role(role), name, email)
        for org_id, id_, code, role, name, email in sql.list_users(tx, org_id=org_id)
    ]


def _add_password(tx: Tx, user: User, password_hash: str) -> None:
    sql.add_credential(
        tx,
        org_id=user.org_id,
        id=tx.next_id("identity"),
        kind=CredentialKind.PASSWORD.value,
        name="password",
        digest=password_hash,
        hint="",
        user_id=user.id,
        event_id=None,
        now=tx.now,
        expires_at=None,
    )
