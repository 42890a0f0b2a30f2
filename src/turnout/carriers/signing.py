"""Proof that a request comes from the provider, and that a link to a file was made by us."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from turnout.core.ids import OrgId

TOLERANCE_S = 300


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Signature of a body (hex): HMAC-SHA256 over the timestamp, a dot, and the body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, signature: str, body: bytes, now_ms: int) -> bool:
    """Whether a body was signed, and not longer than TOLERANCE_S ago or ahead."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        return False
    if abs(now_ms // 1000 - int(timestamp)) > TOLERANCE_S:
        return False
    return _is_same(sign(secret, timestamp, body), signature.strip().lower())


def sign_like_twilio(secret: str, url: str, fields: Sequence[tuple[str, str]]) -> str:
    """The X-Twilio-Signature of a form (base64): HMAC-SHA1 over the address and the sorted
    fields. It has no time in it, so that an old request looks as good as a new one."""
    text = url + "".join(name + value for name, value in sorted(fields))
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def is_signed_like_twilio(
    secret: str, url: str, fields: Sequence[tuple[str, str]], signature: str
) -> bool:
    """Whether a form was signed for this address."""
    return _is_same(sign_like_twilio(secret, url, fields), signature.strip())


def sign_file(secret: str, org_id: OrgId, digest: str, content_type: str, until: int) -> str:
    """What a link to a file proves itself with, until that second (epoch s)."""
    text = f"media:{org_id}:{digest}:{content_type}:{until}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def is_file_signed(
    secret: str, org_id: OrgId, digest: str, content_type: str, until: int, signature: str
) -> bool:
    """Whether we made a link to this file; whether its time is over is another question."""
    return _is_same(sign_file(secret, org_id, digest, content_type, until), signature)


def _is_same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode(errors="replace"))
