"""Files that go with jobs, kept once for each organization by the SHA-256 of their content."""

from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx


def read_file(tx: Tx, org_id: int, digest: str) -> bytes:
    """The content of a file. Raises Missing when it is no longer kept."""
    pieces = [bytes(content) for (content,) in sql.list_pieces(tx, org_id=org_id, digest=digest)]
    if not pieces:
        raise Missing("file.missing", f"The file {digest} is no longer kept.")
    return b"".join(pieces)
