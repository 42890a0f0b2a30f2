"""Digest authentication (RFC 7616, RFC 8760): answers to 401 and 407."""

import hashlib
import re
import secrets
from collections.abc import Callable

from turnout.carriers.sip_fax.messages import Message

_PART = re.compile(r'([a-zA-Z0-9_-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_HASHES = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}


class Challenge:
    """What a response wants to be answered with: the header of the answer, and its parts."""

    def __init__(self, header: str, parts: dict[str, str]) -> None:
        self.header = header
        self.realm = parts.get("realm", "")
        self.nonce = parts.get("nonce", "")
        self._opaque = parts.get("opaque")
        self._algorithm = parts.get("algorithm", "MD5")
        self._has_auth = "auth" in re.split(r"[,\s]+", parts.get("qop", "").lower())
        self._uses = 0

    def answer(self, method: str, uri: str, username: str, password: str) -> tuple[str, str]:
        """The header that answers it, for a request."""
        name = self._algorithm.lower()
        is_session = name.endswith("-sess")
        digest = _hash(_HASHES[name.removesuffix("-sess")])
        self._uses += 1
        count, own = f"{self._uses:08x}", secrets.token_hex(8)
        secret = digest(f"{username}:{self.realm}:{password}")
        if is_session:
            secret = digest(f"{secret}:{self.nonce}:{own}")
        asked = digest(f"{method}:{uri}")
        middle = f"{self.nonce}:{count}:{own}:auth" if self._has_auth else self.nonce
        parts = [
            f'username="{username}"',
            f'realm="{self.realm}"',
            f'nonce="{self.nonce}"',
            f'uri="{uri}"',
            f'response="{digest(f"{secret}:{middle}:{asked}")}"',
            f"algorithm={self._algorithm}",
        ]
        if self._opaque is not None:
            parts.append(f'opaque="{self._opaque}"')
        if self._has_auth:
            parts += [f"qop=auth,nc={count}", f'cnonce="{own}"']
        elif is_session:
            parts.append(f'cnonce="{own}"')
        return self.header, "Digest " + ", ".join(parts).replace("qop=auth,nc", "qop=auth, nc")


def find_challenge(response: Message) -> Challenge | None:
    """The first challenge of a 401 or 407 that can be answered."""
    asked, header = (
        ("www-authenticate", "Authorization")
        if response.code == 401
        else ("proxy-authenticate", "Proxy-Authorization")
    )
    for name, value in response.headers:
        if name.lower() != asked or not value[:7].lower().startswith("digest "):
            continue
        parts = {
            key.lower(): quoted or plain for key, quoted, plain in _PART.findall(value[7:8_000])
        }
        algorithm = parts.get("algorithm", "MD5").lower().removesuffix("-sess")
        if algorithm in _HASHES and parts.get("nonce"):
            return Challenge(header, parts)
    return None


def _hash(name: str) -> Callable[[str], str]:
    return lambda text: hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
