"""Files that go with jobs, kept once for each organization by the SHA-256 of their content.

A file is stored in pieces, a transaction each, so that no write takes long; the row in `files`
comes last and says that all of them are there. Pieces without that row are written again by anyone
who sends the same file, and hurt nobody.
"""

import hashlib
from collections.abc import Iterator, Sequence

from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import JobFile
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

PIECE_BYTES = 262_144
HOUR_MS = 3_600_000


def digest_of(content: bytes) -> str:
    """The name under which a content is kept."""
    return hashlib.sha256(content).hexdigest()


def cut(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The pieces of a content, numbered from 0."""
    for number, start in enumerate(range(0, max(1, len(content)), PIECE_BYTES)):
        yield number, content[start : start + PIECE_BYTES]


def has_file(tx: Tx, org_id: OrgId, digest: str) -> bool:
    """Whether the organization has this content already."""
    return sql.has_file(tx, org_id=org_id, digest=digest) is not None


def store_piece(tx: Tx, org_id: OrgId, digest: str, number: int, content: bytes) -> None:
    """Store one piece of a file. Idempotent."""
    sql.add_piece(tx, org_id=org_id, digest=digest, number=number, content=content, now=tx.now)


def has_room(tx: Tx, org_id: OrgId, size: int, default_quota: int) -> bool:
    """Whether `size` bytes more are within the organization's quota: its own, else
    `default_quota` (bytes; 0 = none)."""
    own = sql.get_file_quota(tx, org_id=org_id)
    quota = default_quota if own is None else own
    return not quota or sql.count_file_bytes(tx, org_id=org_id) + size <= quota


def lock_room(tx: Tx, org_id: OrgId) -> None:
    """Of two who ask for room at once, the second counts what the first took."""
    sql.lock_file_room(tx, org_id=org_id)


def finish_within_quota(tx: Tx, org_id: OrgId, digest: str, size: int, default_quota: int) -> bool:
    """`finish_file`, unless the quota is reached: then False, and the file is not kept."""
    sql.lock_file_room(tx, org_id=org_id)
    if has_file(tx, org_id, digest):
        return True
    if not has_room(tx, org_id, size, default_quota):
        return False
    finish_file(tx, org_id, digest, size)
    return True


def finish_file(tx: Tx, org_id: OrgId, digest: str, size: int) -> None:
    """All pieces of a file are there. Idempotent."""
    sql.add_file(tx, org_id=org_id, digest=digest, size=size, now=tx.now)


def add_job_files(
    tx: Tx, org_id: OrgId, job_id: JobId, files: Sequence[JobFile], keep_hours: int | None
) -> None:
    """Note which files a job has; after `keep_hours` (None = never) their content may go."""
    delete_at = None if not keep_hours else tx.now + keep_hours * HOUR_MS
    sql.add_job_file(
        tx,
        [
            {
                "org_id": org_id,
                "job_id": job_id,
                "number": number,
                "name": file.name,
                "content_type": file.content_type,
                "digest": file.digest,
                "source_url": file.source_url,
                "delete_at": delete_at,
            }
            for number, file in enumerate(files)
        ],
    )


def read_file(tx: Tx, org_id: OrgId, digest: str) -> bytes:
    """The content of a file. Raises Missing when it is no longer kept."""
    if not has_file(tx, org_id, digest):
        raise Missing("file.missing", digest=digest)
    pieces = sql.list_pieces(tx, org_id=org_id, digest=digest)
    return b"".join(bytes(content) for (content,) in pieces)


def forget_files(tx: Tx, limit: int) -> int:
    """Delete up to `limit` files whose time is over, unless another job needs them; returns how
    many were looked at."""
    outdated = sql.list_outdated_files(tx, now=tx.now, limit=limit)
    for org_id, job_id, number, digest in outdated:
        sql.forget_job_file(tx, org_id=org_id, job_id=job_id, number=number)
        drop_file(tx, org_id, digest)
    return len(outdated)


def drop_file(tx: Tx, org_id: OrgId, digest: str) -> None:
    """Delete a file, unless a job needs it. Idempotent."""
    if sql.is_file_needed(tx, org_id=org_id, digest=digest) is None:
        sql.delete_file(tx, org_id=org_id, digest=digest)
        sql.delete_pieces(tx, org_id=org_id, digest=digest)
