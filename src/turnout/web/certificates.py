"""A certificate's page: whether its code is genuine, for anyone who holds the paper.

It says what the paper says. The address has the code, 98 bits of chance, and how many a place may
ask for in a minute is bounded: nobody finds a certificate without having it.
"""

from falcon.asgi import Request, Response

from turnout.core.certificates.drawing import say_event_days
from turnout.core.certificates.issuing import CODE_LENGTH, prove_certificate, show_code
from turnout.core.certificates.issuing import normalize as normalize_code
from turnout.core.identity.addresses import place_of
from turnout.core.ids import OrgId
from turnout.core.times import local
from turnout.errors import Limited, Missing
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Clock, Database
from turnout.store.windows import Window, Windows
from turnout.web.documents import NO_STORE
from turnout.web.languages import language
from turnout.web.local_times import times
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
        own = times(proven.shown)
        resp.text = render(
            "certificate.html",
            **own,
            name=proven.name,
            event=event,
            days=say_event_days(event, language.get()),
            organizer=proven.organizer,
            minutes=proven.minutes,
            code=show_code(normalize_code(code)),
            issued=local(proven.issued_at, event.timezone),
            is_withdrawn=proven.withdrawn_at is not None,
        )


class AskedCounts:
    """How often each place asked in this minute; of 10,000 places at once, the newest."""

    def __init__(self, clock: Clock) -> None:
        self._places = Windows(clock, MINUTE_MS, PLACES_LIMIT, Window)

    def count(self, place: str) -> None:
        """Count a question. Raises Limited."""
        window = self._places.get(place)
        if window.count >= ASKED_LIMIT:
            wait = self._places.seconds_left(window)
            raise Limited("certificate.throttled", limit=ASKED_LIMIT, retry_after=wait)
        window.count += 1
