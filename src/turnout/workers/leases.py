"""The leases of one delivery loop, renewed while what they are for waits (core/work/leases.py)."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.delivering import ClaimedJob, RecipientClaims, renew
from turnout.core.work.leases import Lease
from turnout.store.sources import Clock, counting_clock
from turnout.workers.loop import Loop

CHECKS_A_LEASE = 6

log = structlog.get_logger()


class Leases(Loop):
    """Keeps leases from running out until each is ended. What another worker has claimed all the
    same is lost, and not handed over any more."""

    def __init__(
        self, name: str, clock: Clock, write: Callable[..., Awaitable[Any]], lease_ms: int
    ) -> None:
        super().__init__(name, self.renew, every_s=lease_ms / 1000 / CHECKS_A_LEASE)
        self._clock = clock
        self._write = write
        self._lease_ms = lease_ms
        self._looked_s = 0.0
        self._held: dict[Lease, ClaimedJob] = {}

    def take(self, job: ClaimedJob, since_s: float) -> Lease:
        """The lease of what was claimed, not before `since_s` by the counting clock."""
        lease = Lease(self._clock, job.until, since_s, self._lease_ms)
        self._held[lease] = job
        return lease

    def end(self, leases: Iterable[Lease]) -> None:
        """All that they were for is recorded."""
        for lease in leases:
            self._held.pop(lease, None)

    async def renew(self) -> bool:
        """Renew what is worn, unless that was looked at a moment ago; False, as there is never more
        to do at once."""
        since_s = counting_clock()
        if since_s - self._looked_s < self._lease_ms / 1000 / CHECKS_A_LEASE / 2:
            return False
        worn = {lease: job for lease, job in self._held.items() if lease.is_worn()}
        if not worn:
            self._looked_s = since_s
            return False
        until, lost = await self._write(renew, _held(worn.values()), self._lease_ms)
        lost -= set().union(*(lease.settled for lease in worn))  # these are recorded
        if lost:
            log.warning("recipients were taken over", worker=self.name, recipients=len(lost))
        for lease in worn:
            lease.extend(until, since_s)
            lease.lose(lost)
        return False


def _held(jobs: Iterable[ClaimedJob]) -> list[RecipientClaims]:
    """What is in hand, by job."""
    claims: dict[tuple[OrgId, JobId], list[tuple[RecipientId, int]]] = {}
    for job in jobs:
        key = (job.head.org_id, job.head.id)
        claims.setdefault(key, []).extend(
            (recipient.id, recipient.claim) for recipient in job.recipients
        )
    return [RecipientClaims(*key, claim) for key, claim in claims.items()]
