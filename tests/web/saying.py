"""What a public page says was done, signed as the server signs it."""

import re

from turnout.core.identity.link_keys import ensure_link_key
from turnout.store import Database
from turnout.web.said import SAID_MS, STAFF, name_said

_SIGNED = re.compile(rb"\.\d{13}\.[0-9a-f]{32}\b")
# Which of these an address was handed on for.
_MARK = re.compile(rb"\baddress=[0-9a-f]{16}(?=\.)")


def unsigned(page: bytes) -> bytes:
    """The page without what differs with the instant at which it says so."""
    return _MARK.sub(b"address=", _SIGNED.sub(b"", page))


def said(db: Database, path: str, done: str) -> str:
    """The value of `?done=` with which that page says so, in an address that says nothing else."""
    named = f"{path}?done={done}" if path.startswith(STAFF) else path
    return name_said(db.call(ensure_link_key), named, done, db.clock() + SAID_MS)
