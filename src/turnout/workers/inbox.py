"""Where carriers deliver reports and replies: in one write for all that come at the same time."""

from collections.abc import Callable, Sequence
from functools import partial

from turnout.carriers import DeliveryReport, Reply
from turnout.core.messaging.receiving import receive_reports
from turnout.core.messaging.replies import receive_replies
from turnout.errors import Failure
from turnout.settings import Settings, split_list
from turnout.store import Batcher, Database, Tx

MOST_WAITING = 10_000


def reply_receiver(settings: Settings) -> Callable[[Tx, Sequence[Reply]], object]:
    """What stores replies, with the operator's own stop words."""
    return partial(receive_replies, stop_words=split_list(settings.stop_words))


class CarrierInbox:
    """See `turnout.carriers.Inbox`: when a call returns, what it brought is on disk."""

    def __init__(
        self, db: Database, receive_replies: Callable[[Tx, Sequence[Reply]], object]
    ) -> None:
        self._reports = Batcher(db, _receive_reports, limit=MOST_WAITING)
        self._receive_replies = receive_replies
        self._db = db

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        """Store delivery reports; repeating one changes nothing. Raises Unavailable."""
        if reports:
            await self._reports(list(reports))

    async def replies(self, replies: Sequence[Reply]) -> None:
        """Store replies. Raises Unavailable."""
        if replies:
            await self._db.write(self._receive_replies, list(replies))


def _receive_reports(tx: Tx, batches: list[list[DeliveryReport]]) -> list[Failure | None]:
    receive_reports(tx, [report for batch in batches for report in batch])
    return [None] * len(batches)
