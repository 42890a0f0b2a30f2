"""Files that are uploaded for a message, judged as those of the API are."""

from turnout.core.messaging.files import (
    cut,
    digest_of,
    finish_within_quota,
    has_file,
    store_piece,
)
from turnout.core.messaging.model import Channel
from turnout.errors import Invalid
from turnout.formats import recordings
from turnout.formats.fax import Document, make_fax
from turnout.web.console.page import Visit


def judge_upload(channel: Channel, name: str, content: bytes, *, draws_faxes: bool) -> None:
    """Raise Invalid for a recording that says nothing, or a document that cannot be faxed; each is
    judged where it is decoded here. Takes up to a minute and a half."""
    if channel is Channel.VOICE and recordings.is_available():
        recordings.decode(content)
    if channel is Channel.FAX and draws_faxes:
        make_fax([Document(name, content)], is_fine=False)


def keep_upload(visit: Visit, name: str, content: bytes, quota: int) -> str:
    """Keep a file that goes with a message; its digest. Raises Invalid beyond the room."""
    digest = digest_of(content)
    if not has_file(visit.tx, visit.org_id, digest):
        for number, piece in cut(content):
            store_piece(visit.tx, visit.org_id, digest, number, piece)
        if not finish_within_quota(visit.tx, visit.org_id, digest, len(content), quota):
            raise Invalid("console.upload_quota", name=name)
    return digest
