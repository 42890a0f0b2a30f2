"""A certificate's page: whether its code is genuine, for anyone who holds the paper.

It says what the paper says. The address has the code, 98 bits of chance, and how many a place may
ask for in a minute is bounded: nobody finds a certificate without having it.
"""

from collections import OrderedDict

from falcon.asgi import Request, Response

from turnout.core.certificates.drawing import say_days
from turnout.core.certificates.issuing import CODE_LENGTH, prove_certificate, show_code
from turnout.core.certificates.issuing import normalize as normalize_code
from turnout.core.identity.addresses import place_of
from turnout.core.ids import OrgId
from turnout.core.times import local
from turnout.errors import Limited, Missing
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Clock, Database
from turnout.store.windows import is_over, seconds_left
from turnout.web.documents import NO_STORE
from turnout.web.templates import render

MINUTE_MS = 60_000
ASKED_LIMIT = 60
PLACES_LIMIT = 10_000


class CertificateResource(Resource):
    """`/certificate/{org_id}-{code}`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._asked = AskedCounts(db.clock)

    async def on_get(self, req: Request, resp: Response, address: str) -> None:
        """Show what the code proves. Raises Missing, Limited."""
        self._asked.count(place_of(address_of(req.scope)))
        number, _, code = address.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            raise Missing("certificate.missing")
        if len(normalize_code(code)) != CODE_LENGTH:
            raise Missing("certificate.missing")
        proven = await self._db.read(prove_certificate, OrgId(int(number)), code)
        event = proven.shown.event
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "certificate.html",
            name=proven.name,
            event=event,
            days=say_days(event),
            organizer=proven.organizer,
            minutes=proven.minutes,
            code=show_code(normalize_code(code)),
            issued=local(proven.issued_at, event.timezone),
            is_withdrawn=proven.withdrawn_at is not None,
        )


class AskedCounts:
    """How often each place asked in this minute; of 10,000 places at once, the newest."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._places: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, place: str) -> None:
        """Count a question. Raises Limited."""
        now = self._clock()
        started_at, asked = self._places.get(place, (now, 0))
        if is_over(started_at, MINUTE_MS, now):
            started_at, asked = now, 0
        if asked >= ASKED_LIMIT:
            wait = seconds_left(started_at + MINUTE_MS, MINUTE_MS, now)
            raise Limited("certificate.throttled", limit=ASKED_LIMIT, retry_after=wait)
        self._places[place] = (started_at, asked + 1)
        self._places.move_to_end(place)
        if len(self._places) > PLACES_LIMIT:
            self._places.popitem(last=False)
