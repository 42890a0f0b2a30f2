"""Pictures of events, speakers and organizations: kept by what is in them, counted as files are."""

from typing import Any, NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import OrgId
from turnout.core.messaging.files import (
    HOUR_MS,
    cut,
    digest_of,
    drop_file,
    finish_within_quota,
    read_file,
    store_piece,
)
from turnout.core.messaging.sql import sql
from turnout.errors import Conflict, Missing
from turnout.formats.pictures import Picture
from turnout.store import Tx

DAY_MS = 24 * HOUR_MS


class KeptPicture(NamedTuple):
    """The names of a picture's two sizes; the larger one's is the picture's."""

    digest: str
    small_digest: str


def keep_picture(tx: Tx, org_id: OrgId, picture: Picture, *, default_quota: int, actor: str) -> str:
    """Keep a picture that was made by `formats.pictures.remake`; returns its digest. Idempotent.
    Raises Conflict when the organization's quota for files is reached."""
    digest, small = (digest_of(content) for content in (picture.large, picture.small))
    for name, content in ((digest, picture.large), (small, picture.small)):
        for number, piece in cut(content):
            store_piece(tx, org_id, name, number, piece)
        if not finish_within_quota(tx, org_id, name, len(content), default_quota):
            raise Conflict("picture.quota")
    added = sql.add_picture(
        tx,
        org_id=org_id,
        digest=digest,
        small_digest=small,
        width=picture.width,
        height=picture.height,
        now=tx.now,
    )
    if added:
        record(tx, org_id, actor, "added picture", "organization", org_id, digest=digest)
    else:
        sql.keep_known_picture(tx, org_id=org_id, digest=digest)
    return digest


def forget_pictures(tx: Tx, limit: int) -> int:
    """Look at up to `limit` pictures, each once an hour: one that nothing shows is marked, and
    deleted when nothing has shown it for a day. Returns how many were looked at. Idempotent."""
    found = sql.list_unchecked_pictures(tx, before=tx.now - HOUR_MS, limit=limit)
    for row in found:
        named: dict[str, Any] = {"org_id": row.org_id, "digest": row.digest}
        is_shown = sql.is_picture_shown(tx, **named)
        unused_at = None if is_shown else row.unused_at or tx.now
        if unused_at is None or unused_at > tx.now - DAY_MS:
            sql.note_picture(tx, **named, now=tx.now, unused_at=unused_at)
            continue
        sql.delete_picture(tx, **named)
        for digest in {row.digest, row.small_digest}:
            drop_file(tx, row.org_id, digest)
    return len(found)


def read_picture(tx: Tx, org_id: OrgId, digest: str, *, is_small: bool) -> bytes:
    """A picture as WebP, in one of its sizes. Raises Missing."""
    kept = sql.find_picture(tx, org_id=org_id, digest=digest)
    if kept is None:
        raise Missing("picture.missing", digest=digest)
    return read_file(tx, org_id, kept.small_digest if is_small else kept.digest)
