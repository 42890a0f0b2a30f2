"""Captions: a WebVTT file for each language of a session's media, counted as files are."""

from typing import NamedTuple

from turnout.core.audience.media import get_session
from turnout.core.audience.sql import sql
from turnout.core.audit.recording import record
from turnout.core.fields import check_language
from turnout.core.ids import OrgId, SessionId
from turnout.core.messaging.files import digest_of, has_room, lock_room
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.webvtt import read_webvtt
from turnout.store import Tx

MOST = 30


class Captions(NamedTuple):
    """Captions in a language (`de`, `pt-BR`), by the digest that their address has; `size` in
    bytes, `updated_at` in epoch ms."""

    language: str
    digest: str
    size: int
    updated_at: int


def set_captions(
    tx: Tx,
    org_id: OrgId,
    session_id: SessionId,
    language: str,
    content: bytes,
    *,
    default_quota: int = 0,
    actor: str,
) -> Captions:
    """Keep a WebVTT file of up to 1 MB as a session's captions in a language, instead of those of
    before. Idempotent. `default_quota` is in bytes, 0 = none.

    Raises Missing, Invalid for a language without a name or a file that is none, Conflict when the
    organization's quota for files is reached, and for the 31st language.
    """
    get_session(tx, org_id, session_id)
    check_language("language", language)
    if not _is_known(language):
        raise Invalid("captions.language", language=language)
    text = read_webvtt(content)
    kept = text.encode()
    known = {one.language: one for one in list_captions(tx, org_id, session_id)}
    before = known.get(language)
    if before is None and len(known) >= MOST:
        raise Conflict("captions.many", limit=MOST)
    lock_room(tx, org_id)
    if not has_room(tx, org_id, len(kept) - (before.size if before else 0), default_quota):
        raise Conflict("captions.quota")
    digest = digest_of(kept)
    sql.set_captions(
        tx,
        org_id=org_id,
        session_id=session_id,
        language=language,
        content=text,
        digest=digest,
        size=len(kept),
        now=tx.now,
    )
    record(tx, org_id, actor, "set captions", "session", session_id, language=language)
    return Captions(language, digest, len(kept), tx.now)


def list_captions(tx: Tx, org_id: OrgId, session_id: SessionId) -> list[Captions]:
    """A session's captions, by language."""
    return sql.list_captions(tx, org_id=org_id, session_id=session_id)


def remove_captions(
    tx: Tx, org_id: OrgId, session_id: SessionId, language: str, *, actor: str
) -> None:
    """Forget the captions in a language. Raises Missing."""
    get_session(tx, org_id, session_id)
    if not sql.remove_captions(tx, org_id=org_id, session_id=session_id, language=language):
        raise Missing("captions.missing", session_id=session_id, language=language)
    record(tx, org_id, actor, "removed captions", "session", session_id, language=language)


def read_captions(tx: Tx, org_id: OrgId, digest: str) -> str:
    """What captions say, by their digest. Raises Missing."""
    found = sql.read_captions(tx, org_id=org_id, digest=digest)
    if found is None:
        raise Missing("file.missing", digest=digest)
    return found


def captions_path(org_id: OrgId, digest: str) -> str:
    """The path at which captions are served."""
    return f"/media/{org_id}-{digest}.vtt"


def _is_known(language: str) -> bool:
    """Whether the language of a tag has a name, by which viewers choose it."""
    from babel import Locale  # its data take a moment to load

    return language.partition("-")[0] in Locale("en").languages
