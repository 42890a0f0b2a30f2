"""`/console/{org}/settings/server`: how the installation is doing, for those who run it."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout import __version__
from turnout.core.identity.operators import require_operator
from turnout.core.maintenance.standing import COUNTED, Standing, read_standing
from turnout.http import metrics
from turnout.store.migrations.revisions import HEAD
from turnout.web.catalogue import Finding
from turnout.web.console.page import OPERATE, Console, ConsolePage, Visit

TEMPLATE = "console/organization/server.html"
FRESH_MS = 60_000


class Examined(NamedTuple):
    """What an examination found, and when it ended (epoch ms)."""

    findings: Sequence[Finding]
    at: int


class ServerPage(ConsolePage):
    """`/console/{scope}/settings/server`. Only one examination runs at a time, and what it found
    counts for a minute: it connects to every network."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._examining = asyncio.Lock()
        self._examined: Examined | None = None

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """Findings, queues, storage and requests. Raises Missing for those who do not run the
        server, Denied."""
        standing, now = await self.console.read(req, OPERATE, find_standing)
        examined = await self._examine(now)
        findings = examined.findings if examined else []
        self.console.show(
            req,
            resp,
            TEMPLATE,
            standing=standing,
            counted=COUNTED,
            examined=examined,
            findings=findings,
            wrong=[finding for finding in findings if finding.advice],
            networks=self.console.served.networks,
            apps=metrics.sum_up(),
            version=__version__,
            head=HEAD,
        )

    async def _examine(self, now: int) -> Examined | None:
        """What was found within the last minute, else now; None where that is not to be had."""
        examine = self.console.served.examine
        if examine is None:
            return None
        async with self._examining:
            known = self._examined
            if known is None or not 0 <= now - known.at < FRESH_MS:
                self._examined = known = Examined(await asyncio.to_thread(examine), now)
        return known


def find_standing(visit: Visit) -> tuple[Standing, int]:
    """How the installation stands, and when. Raises Missing."""
    require_operator(visit.tx, visit.org_id)
    return read_standing(visit.tx), visit.tx.now
