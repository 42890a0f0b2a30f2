"""`/viewer/regserver.jsp`: programs register people for an event; reporting notes, regserver.

It is off until an event gets a registration password. An unknown event, one without a password and
a wrong password are answered alike, and take the same time. A right password is remembered for five
minutes by a keyed digest, so that a list of people does not cost one argon2 run each.
"""

import asyncio
import hashlib
import secrets
from contextlib import suppress
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.passwords import RegistrationPassword, find_registration_password
from turnout.core.identity.guessing import Attempt, begin_try, confirm_try, judge_try, take_back_try
from turnout.core.identity.passwords import NOBODYS_HASH, PasswordPool, is_password
from turnout.core.ids import NO_EVENT, EventId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.joining import register_from_program
from turnout.core.text import is_email, is_line
from turnout.dialects.reporting.decode import Given, read_parameters
from turnout.errors import Denied, Failure, Invalid, Limited
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.http.routing import acts
from turnout.store import Database
from turnout.store.windows import has_ended

PATH = "/viewer/regserver.jsp"
SUCCESS, KNOWN = "SUCCESS!", "User already registered."
REMEMBERED_MS = 5 * 60_000
REMEMBERED_LIMIT = 1000
LONGEST = 255
ANSWERS_LIMIT = 50
# Names of the platform's registration fields, and what they are in a contact.
_CONTACT = {
    "email": "email",
    "fname": "first_name",
    "lname": "last_name",
    "company": "company",
    "title": "job_title",
    "phone": "phone",
    "address1": "address_line1",
    "address2": "address_line2",
    "city": "city",
    "state": "county_or_state",
    "zip": "post_code",
}
# What speaks to the server, not of the person. All `tp_…` does.
_OWN = frozenset({"ei", "pass", "sti"})


class Form(NamedTuple):
    """Whom to register, and with which answers."""

    contact: Contact
    answers: list[Answer]
    sti: str
    is_mailed: bool


class RegserverResource(Resource):
    """Register somebody: by GET or POST, as the platform's clients do."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._gate = _Gate(db)

    @acts
    async def on_get(self, req: Request, resp: Response) -> None:
        """Answer in a sentence. Raises Denied, Invalid, Conflict, Missing, Limited."""
        given = await read_parameters(req)
        given.judge(_check_number)
        opened = await self._gate.open(given.first, address_of(req.scope))
        form = given.judge(decode_form)
        is_new = await self._db.write(
            register_from_program,
            opened.org_id,
            opened.event_id,
            form.contact,
            answers=form.answers,
            sti=form.sti,
            is_mailed=form.is_mailed,
        )
        resp.content_type = "text/plain; charset=utf-8"
        resp.text = SUCCESS if is_new else KNOWN

    async def on_post(self, req: Request, resp: Response) -> None:
        """As a GET: parameters may come in a form."""
        await self.on_get(req, resp)


class _Gate:
    """Checks registration passwords."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pool = PasswordPool()
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, int] = {}

    async def open(self, given: Given, address: str) -> RegistrationPassword:
        """The event whose password was given. Raises Denied, Limited."""
        ei, password = given.get("ei", ""), given.get("pass", "")
        event_id = EventId(int(ei)) if _is_number(ei) else NO_EVENT
        found = await self._db.read(find_registration_password, event_id) if event_id else None
        if found and self._recall(found, password):
            return found
        if not await self._check(found, event_id, password, address) or found is None:
            raise Denied("regserver.closed")
        self._remember(found, password)
        return found

    async def _check(
        self, found: RegistrationPassword | None, event_id: EventId, password: str, address: str
    ) -> bool:
        attempt = Attempt(f"regserver {event_id}", address)
        try:
            await self._db.write(begin_try, attempt)
        except Limited as limited:
            if limited.code != "login.throttled":
                raise
            raise Limited("regserver.throttled", retry_after=limited.retry_after) from limited
        hashed = found.hashed if found else NOBODYS_HASH
        try:
            checked = self._pool.submit(is_password, password[:LONGEST], hashed)
            is_right = await asyncio.wrap_future(checked)
        except BaseException:
            with suppress(Failure):  # it ends with its window
                await self._db.write_behind(take_back_try, attempt)
            raise
        if found and is_right:
            await self._db.write(confirm_try, attempt)
        else:
            await self._db.write(judge_try, attempt)
        return found is not None and is_right

    def _recall(self, found: RegistrationPassword, password: str) -> bool:
        until = self._remembered.get(self._digest(found, password), 0)
        return not has_ended(until, REMEMBERED_MS, self._db.clock())

    def _remember(self, found: RegistrationPassword, password: str) -> None:
        while len(self._remembered) >= REMEMBERED_LIMIT:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[self._digest(found, password)] = self._db.clock() + REMEMBERED_MS

    def _digest(self, found: RegistrationPassword, password: str) -> bytes:
        # With the hash: a password that was changed is forgotten at once.
        text = f"{found.event_id}:{found.hashed}:{password}"
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=32).digest()


def _check_number(given: Given) -> None:
    if not _is_number(given.get("ei", "0")):
        raise Denied("regserver.closed")


def _is_number(ei: str) -> bool:
    return ei.isascii() and ei.isdigit() and len(ei) < 16


def decode_form(given: Given) -> Form:
    """Whom to register. Raises Invalid, naming the field."""
    for name, value in given.items():
        if name not in _OWN and (len(value) > LONGEST or not is_line(value)):
            raise Invalid("regserver.field", name=name[:40], limit=LONGEST)
    if not is_email(given.get("email", "")):
        raise Invalid("regserver.email")
    contact = {field: given.get(name, "") for name, field in _CONTACT.items()}
    country = given.get("country", "")
    is_code = len(country) == 2 and country.isascii() and country.isalpha()
    answers = [
        Answer(name, value)
        for name, value in given.items()
        if value and name not in (*_CONTACT, *_OWN) and not name.startswith("tp_")
        if name != "country" or not is_code
    ]
    if len(answers) > ANSWERS_LIMIT:
        raise Invalid("regserver.answers", limit=ANSWERS_LIMIT)
    return Form(
        Contact(**contact, country_code=country.upper() if is_code else ""),
        answers,
        sti=given.get("sti", "")[:LONGEST],
        is_mailed=given.get("tp_regconfemail", "") == "1",
    )
