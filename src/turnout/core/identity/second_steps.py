"""The second step of a sign-in: a code of an authenticator, or one of ten codes on paper.

Theory. Two-step is on as soon as an authenticator is confirmed or there is a passkey. A code of the
authenticator (RFC 6238: six digits, 30 seconds) is good for its half minute and the ones beside it,
and once: the guarded statement keeps the last one that was used. Recovery codes are 80 random bits,
kept as digests, each good once.

Wrong codes are counted for the user in a stored window, before they are judged and on all nodes
alike: anyone who knows a password tries ten codes in a quarter of an hour. A passkey is no guess
and stays open.
"""

import secrets
from collections.abc import Callable
from typing import NamedTuple

import pyotp

from turnout.core.audit.recording import record
from turnout.core.identity.credentials import digest_of
from turnout.core.identity.model import User
from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId, UserId
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.errors import Failure, Invalid, Limited
from turnout.store import Tx

STEP_MS = 30_000
STEPS_BESIDE = 1
CODES = 10
WRONG_LIMIT = 10
WINDOW_MS = 15 * 60_000
ISSUER = "Turnout"
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH = 16


class SecondSteps(NamedTuple):
    """What a user has for the second step: how many passkeys, how many recovery codes."""

    has_authenticator: bool
    passkeys: int
    recovery_codes: int

    @property
    def is_on(self) -> bool:
        return self.has_authenticator or self.passkeys > 0


def find_second_steps(tx: Tx, org_id: OrgId, user_id: UserId) -> SecondSteps:
    """What the user has for the second step."""
    found = sql.find_authenticator(tx, org_id=org_id, user_id=user_id)
    return SecondSteps(
        found is not None and found.confirmed_at is not None,
        len(sql.list_passkeys(tx, org_id=org_id, user_id=user_id)),
        sql.count_recovery_codes(tx, org_id=org_id, user_id=user_id),
    )


def begin_authenticator(tx: Tx, user: User) -> str:
    """A secret for an authenticator that the user is about to confirm, as an `otpauth:` address.
    One that is confirmed stays: raises Invalid."""
    secret = pyotp.random_base32()
    if not sql.put_authenticator(
        tx, org_id=user.org_id, user_id=user.id, secret=secret, now=tx.now
    ):
        raise Invalid("two_step.on")
    return authenticator_url(user, secret)


def find_unconfirmed(tx: Tx, user: User) -> str | None:
    """The `otpauth:` address of an authenticator that waits to be confirmed."""
    found = sql.find_authenticator(tx, org_id=user.org_id, user_id=user.id)
    if found is None or found.confirmed_at is not None:
        return None
    return authenticator_url(user, found.secret)


def authenticator_url(user: User, secret: str) -> str:
    """What authenticators read from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.user_code, issuer_name=ISSUER)


def confirm_authenticator(tx: Tx, user: User, code: str) -> Failure | None:
    """Turn two-step on, as the authenticator shows `code`. Returns Invalid for a wrong one, Limited
    after too many: the try counts."""
    if refusal := _try(tx, user, code, _is_code):
        return refusal
    if sql.confirm_authenticator(tx, org_id=user.org_id, user_id=user.id, now=tx.now):
        record(tx, user.org_id, f"user:{user.id}", "added", "authenticator", user.id)
    return None


def check_second_step(tx: Tx, user: User, code: str) -> Failure | None:
    """Use up a code of the authenticator or a recovery code. Returns Invalid for a wrong one,
    Limited after too many: the try counts."""
    return _try(tx, user, code, _is_either)


def make_recovery_codes(tx: Tx, user: User) -> list[str]:
    """Ten new recovery codes, shown this once; the former ones end."""
    codes = [_new_code() for _ in range(CODES)]
    sql.delete_recovery_codes(tx, org_id=user.org_id, user_id=user.id)
    rows = [{"org_id": user.org_id, "user_id": user.id, "digest": _digest(code)} for code in codes]
    sql.add_recovery_codes(tx, rows)
    record(tx, user.org_id, f"user:{user.id}", "made", "recovery_codes", user.id)
    return codes


def make_first_recovery_codes(tx: Tx, user: User) -> list[str]:
    """Recovery codes for somebody who has none, shown this once; empty for others, whose codes
    stay."""
    if sql.count_recovery_codes(tx, org_id=user.org_id, user_id=user.id):
        return []
    return make_recovery_codes(tx, user)


def remove_authenticator(tx: Tx, user: User, *, actor: str) -> None:
    """Forget the authenticator, and the recovery codes where no passkey is left. Idempotent."""
    if sql.delete_authenticator(tx, org_id=user.org_id, user_id=user.id):
        record(tx, user.org_id, actor, "removed", "authenticator", user.id)
    forget_unused_codes(tx, user)


def forget_unused_codes(tx: Tx, user: User) -> None:
    """Forget the recovery codes of somebody without a second step. Idempotent."""
    if not find_second_steps(tx, user.org_id, user.id).is_on:
        sql.delete_recovery_codes(tx, org_id=user.org_id, user_id=user.id)


def remove_second_steps(tx: Tx, user: User, *, actor: str) -> None:
    """Forget authenticator, passkeys and recovery codes: for somebody who has lost them."""
    for forget in (sql.delete_passkeys, sql.delete_authenticator, sql.delete_recovery_codes):
        forget(tx, org_id=user.org_id, user_id=user.id)
    record(tx, user.org_id, actor, "removed", "second_steps", user.id)


def _try(tx: Tx, user: User, code: str, judge: Callable[[Tx, User, str], bool]) -> Failure | None:
    key = WindowKey(user.org_id, "second-step", str(user.id))
    if not counting.count(tx, key, WRONG_LIMIT, WINDOW_MS):
        return Limited("two_step.throttled", retry_after=counting.wait_s(tx, key, WINDOW_MS))
    if not judge(tx, user, code):
        return Invalid("two_step.wrong")
    counting.clear(tx, key)
    return None


def _is_either(tx: Tx, user: User, code: str) -> bool:
    found = sql.find_authenticator(tx, org_id=user.org_id, user_id=user.id)
    is_confirmed = found is not None and found.confirmed_at is not None
    return (is_confirmed and _is_code(tx, user, code)) or _is_recovery_code(tx, user, code)


def _is_code(tx: Tx, user: User, code: str) -> bool:
    found = sql.find_authenticator(tx, org_id=user.org_id, user_id=user.id)
    digits = "".join(code.split())
    if found is None or not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
        return False
    now = tx.now // STEP_MS
    totp = pyotp.TOTP(found.secret)
    for step in range(now - STEPS_BESIDE, now + STEPS_BESIDE + 1):
        if secrets.compare_digest(totp.generate_otp(step), digits):
            return bool(sql.use_step(tx, org_id=user.org_id, user_id=user.id, step=step))
    return False


def _is_recovery_code(tx: Tx, user: User, code: str) -> bool:
    digest = _digest(code[:100])
    return bool(
        sql.use_recovery_code(tx, org_id=user.org_id, user_id=user.id, digest=digest, now=tx.now)
    )


def _new_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LENGTH, 4))


def _digest(code: str) -> str:
    return digest_of("".join(sign for sign in code.casefold() if sign.isalnum()))
