"""Callers of all five APIs that know what they were told, and whether it is still so.

Each caller does one thing that can be looked up later, again and again, and writes down how it was
answered. What it was left in doubt about it repeats where the API makes that safe (a key, a nonce,
a GUID, an address), as a program that does as it is told. In between it reads what it was told
earlier: an answer that takes that back is a lie.
"""

import base64
import datetime
import itertools
import json
import random
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.support.client import Answer, ask
from turnout.core.ids import EventId

TIMEOUT_S = 45
UNCHANGED = "othing was changed"
# How booking answers a GUID that it has: what was left open had been done.
TAKEN = "You cannot add a new registration with the same identifier."
ALREADY = "done before"
JSON = {"Content-Type": "application/json"}


class House(NamedTuple):
    """What the callers call with; `codes` are those of tickets that are good at the door."""

    token: str
    event_pak: str
    session_pak: str
    event_id: EventId
    event_token: str
    password: str
    codes: list[str]
    secret: str
    venue: str
    learners: list[str]
    billing_code: str
    form: str
    user: str
    user_password: str


@dataclass
class Deed:
    """One thing that was asked for. `told` is what the answer said; `outcome` is open (no answer,
    or one that leaves it open), done, or refused (it said that nothing was changed)."""

    name: str
    is_repeatable: bool
    outcome: str = "open"
    told: Any = None
    attempts: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


class Attempt(NamedTuple):
    """One request that changes something, by the monotonic clock."""

    began: float
    ended: float
    is_done: bool


class Caller:
    """One caller of one API; `deeds` and `attempts` grow, `lies` should not."""

    api = ""

    def __init__(self, port: int, house: House, number: int, dice: random.Random) -> None:
        self.port, self.house, self.dice = port, house, dice
        self.label = f"{self.api}{number}"
        self.number = number
        self.numbers = itertools.count(1)
        self.deeds: list[Deed] = []
        self.attempts: list[Attempt] = []
        self.reads = 0
        self.last = "nothing yet"
        self.lies: list[str] = []

    def step(self) -> None:
        """Do one new thing, and sometimes read an old one."""
        deed = self.make()
        self.deeds.append(deed)
        self.try_(deed)
        done = [deed for deed in self.deeds[-200:] if deed.outcome == "done"]
        if done and self.dice.random() < 0.4:
            self.read(self.dice.choice(done))

    def try_(self, deed: Deed) -> None:
        """One attempt; what it says goes to the deed."""
        deed.attempts += 1
        began = time.monotonic()
        try:
            answer = self.send(deed)
        except (OSError, HTTPException):
            answer = None
        ended = time.monotonic()
        self.last = f"{answer.status} {answer.body[:200]!r}" if answer else "no answer"
        if answer is None or _is_the_proxys(answer):
            pass
        elif answer.status == 503:
            if UNCHANGED in answer.body.decode():
                deed.outcome = "refused"
        else:
            deed.told = self.understand(deed, answer)
            if deed.told is None:
                self._accuse(f"{deed.name}: {answer.status} {answer.body[:300]!r}")
            else:
                deed.outcome = "done"
        self.attempts.append(Attempt(began, ended, deed.outcome == "done"))

    def repeat_open(self) -> None:
        """Ask again, once, for what was left open and may be repeated."""
        for deed in self.deeds:
            if deed.outcome == "open" and deed.is_repeatable:
                self.try_(deed)

    def read(self, deed: Deed) -> None:
        """Look up something that was answered."""
        try:
            answer = self.look_up(deed)
        except (OSError, HTTPException):
            return
        if answer.status == 503 or _is_the_proxys(answer):
            return
        self.reads += 1
        if not self.confirms(deed, answer):
            self._accuse(
                f"{deed.name} was told {deed.told!r}, later read "
                f"{answer.status} {answer.body[:300]!r}"
            )

    def _accuse(self, text: str) -> None:
        at = datetime.datetime.now(datetime.UTC)
        self.lies.append(f"{at:%H:%M:%S.%f} {self.label} {text}")

    def ask(self, method: str, target: str, headers: dict[str, str], body: Any = None) -> Answer:
        content = b"" if body is None else json.dumps(body).encode()
        sent = headers | (JSON if body is not None else {})
        return ask(self.port, method, target, headers=sent, body=content, timeout=TIMEOUT_S)

    # -- of each API -----------------------------------------------------------------------------

    def make(self) -> Deed:
        name = f"{self.label}-{next(self.numbers)}"
        return Deed(name, is_repeatable=self.dice.random() < 0.5)

    def send(self, deed: Deed) -> Answer:
        raise NotImplementedError

    def understand(self, deed: Deed, answer: Answer) -> Any:
        """What the answer says; None for one that should not be."""
        raise NotImplementedError

    def look_up(self, deed: Deed) -> Answer:
        raise NotImplementedError

    def confirms(self, deed: Deed, answer: Answer) -> bool:
        raise NotImplementedError


def _is_the_proxys(answer: Answer) -> bool:
    """Whether HAProxy answered in place of a node: 502, 503, 504 as a page of its own."""
    return answer.status >= 502 and answer.body.lstrip().startswith(b"<html>")


class Registering(Caller):
    """Registration: PUT /v1.0/register, every other one with an idempotency key."""

    api = "registration"

    def send(self, deed: Deed) -> Answer:
        house = self.house
        target = {"eventPak": house.event_pak, "sessions": [{"sessionPak": house.session_pak}]}
        contact = {"email": f"{deed.name}@example.com", "firstName": deed.name}
        headers = {"Authorization": f"Bearer {house.token}"}
        if deed.is_repeatable:
            headers["Idempotency-Key"] = f"key-{deed.name}"
        body = {"registration": {"event": target, "contact": contact}}
        return self.ask("PUT", "/v1.0/register", headers, body)

    def understand(self, deed: Deed, answer: Answer) -> Any:
        if answer.status != 200:
            return None
        return answer.json()["registration"]["sessions"][0]["queueId"]

    def look_up(self, deed: Deed) -> Answer:
        headers = {"Authorization": f"Bearer {self.house.token}"}
        return self.ask("GET", f"/v1.0/registerstatus?queueId={deed.told}", headers)

    def confirms(self, deed: Deed, answer: Answer) -> bool:
        return answer.status == 200 and self.house.session_pak in answer.body.decode()


class Scanning(Caller):
    """Attendance: a door that lets tickets in and out in turn, each scan with a nonce. It goes on
    only when it knows how the last one ended."""

    api = "attendance"

    def __init__(self, port: int, house: House, number: int, dice: random.Random) -> None:
        super().__init__(port, house, number, dice)
        self.codes = house.codes[number::2]
        self.is_in = dict.fromkeys(self.codes, False)
        self.pending: Deed | None = None

    def step(self) -> None:
        if self.pending and self.pending.outcome == "open":
            self.try_(self.pending)
        else:
            self.pending = None
            super().step()

    def make(self) -> Deed:
        number = next(self.numbers)
        code = self.codes[number % len(self.codes)]
        facts = {"code": code, "is_in": not self.is_in[code]}
        self.pending = Deed(f"{self.label}-{number}", is_repeatable=True, facts=facts)
        return self.pending

    def send(self, deed: Deed) -> Answer:
        act = "check" if deed.facts["is_in"] else "uncheck"
        headers = self._headers | {"X-Device": self.label, "X-Nonce": deed.name}
        return self.ask(
            "POST", f"/v1/event/attendees/code/{deed.facts['code']}/{act}.json", headers
        )

    def understand(self, deed: Deed, answer: Answer) -> Any:
        if answer.status != 200 or self._is_in(answer) != deed.facts["is_in"]:
            return None
        self.is_in[deed.facts["code"]] = deed.facts["is_in"]
        return deed.facts["is_in"]

    def look_up(self, deed: Deed) -> Answer:
        return self.ask("GET", f"/v1/event/attendees/code/{deed.facts['code']}.json", self._headers)

    def confirms(self, deed: Deed, answer: Answer) -> bool:
        code = deed.facts["code"]
        if self.pending and self.pending.outcome == "open" and self.pending.facts["code"] == code:
            return True
        return answer.status == 200 and self._is_in(answer) == self.is_in[code]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"event {self.house.event_token}"}

    def _is_in(self, answer: Answer) -> bool:
        (ticket,) = answer.json()["tickets"]
        return ticket["checked_at"] is not None


class Booking(Caller):
    """Booking: register-lax under a GUID of its own, which may be repeated."""

    api = "booking"

    def make(self) -> Deed:
        number = next(self.numbers)
        learners = self.house.learners
        month, day = 1 + number % 9, 1 + (number // len(learners)) % 28
        facts = {
            "learner": learners[number % len(learners)],
            "start": f"{2090 + self.number}-0{month}-{day:02}T09:{number % 60:02}:00+01:00",
        }
        guid = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
        return Deed(guid, is_repeatable=True, facts=facts)

    def send(self, deed: Deed) -> Answer:
        body = {
            "EventVenue": self.house.venue,
            "EventStart": deed.facts["start"],
            "EventExamType": "Class",
            "EventExamFormat": "Online",
            "EventBillingCode": self.house.billing_code,
            "Learner": deed.facts["learner"],
            "Assessment": self.house.form,
        }
        target = f"/api/registrations/{deed.name}/commands/register-lax"
        return self.ask("POST", target, self._headers, body)

    def understand(self, deed: Deed, answer: Answer) -> Any:
        if answer.status == 400 and deed.attempts > 1 and TAKEN in answer.body.decode():
            return ALREADY
        if answer.status != 200:
            return None
        return answer.json()["Exam"] if answer.json()["registration"] == deed.name else None

    def look_up(self, deed: Deed) -> Answer:
        return self.ask("GET", f"/api/registrations/{deed.name}", self._headers)

    def confirms(self, deed: Deed, answer: Answer) -> bool:
        if answer.status != 200:
            return False
        learner: str = answer.json()["LearnerIdentifier"]
        return learner == deed.facts["learner"]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.house.secret}"}


class Sending(Caller):
    """Messaging: a job to one number, every other one with an idempotency key."""

    api = "messaging"

    def make(self) -> Deed:
        deed = super().make()
        deed.facts["number"] = f"614{self.number + 1}{next(self.numbers):07}"
        return deed

    def send(self, deed: Deed) -> Answer:
        body = {
            "job_type": "sms",
            "job_name": deed.name,
            "message": f"Hello from {deed.name}",
            "recipients": [{"destination": deed.facts["number"]}],
        }
        key = {"Idempotency-Key": f"key-{deed.name}"} if deed.is_repeatable else {}
        return self.ask("POST", "/api/v1/jobs", self._headers | key, body)

    def understand(self, deed: Deed, answer: Answer) -> Any:
        return answer.json()["data"] if answer.status == 200 else None

    def look_up(self, deed: Deed) -> Answer:
        return self.ask("GET", f"/api/v1/jobs/{deed.told}", self._headers)

    def confirms(self, deed: Deed, answer: Answer) -> bool:
        return answer.status == 200 and bool(answer.json()["data"]["job_name"] == deed.name)

    @property
    def _headers(self) -> dict[str, str]:
        pair = f"{self.house.user}:{self.house.user_password}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


class Joining(Caller):
    """Reporting: a program that registers an address for an event; asked again, it says that."""

    api = "reporting"
    new, known = b"SUCCESS!", b"User already registered."

    def make(self) -> Deed:
        deed = super().make()
        deed.is_repeatable = True
        return deed

    def send(self, deed: Deed) -> Answer:
        given = {
            "ei": self.house.event_id,
            "pass": self.house.password,
            "email": f"{deed.name}@example.com",
            "fname": deed.name,
        }
        return self.ask("GET", f"/viewer/regserver.jsp?{urlencode(given)}", {})

    def understand(self, deed: Deed, answer: Answer) -> Any:
        words = {self.new} if deed.attempts == 1 else {self.new, self.known}
        return answer.body.decode() if answer.body in words and answer.status == 200 else None

    def look_up(self, deed: Deed) -> Answer:
        return self.send(deed)

    def confirms(self, deed: Deed, answer: Answer) -> bool:
        return (answer.status, answer.body) == (200, self.known)


KINDS: tuple[type[Caller], ...] = (Registering, Scanning, Booking, Sending, Joining)


class Load:
    """Two callers of each API, each with a thread, from `with` to its end."""

    def __init__(self, port: int, house: House, dice: random.Random, pause_s: float) -> None:
        self.callers = [
            kind(port, house, number, random.Random(dice.random()))
            for kind in KINDS
            for number in range(2)
        ]
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(caller,)) for caller in self.callers
        ]
        self._failures: list[BaseException] = []

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, caller: Caller) -> None:
        while not self._stopping.is_set():
            try:
                caller.step()
            except Exception as error:  # noqa: BLE001 - told to the test, which would not see it
                self.lies.append(f"{caller.label}: {error!r}")
            self._stopping.wait(self._pause_s)

    @property
    def lies(self) -> list[str]:
        return [lie for caller in self.callers for lie in caller.lies]

    def deeds(self, kind: type[Caller]) -> Iterator[Deed]:
        """What all callers of one API asked for."""
        return (
            deed for caller in self.callers if isinstance(caller, kind) for deed in caller.deeds
        )

    def is_served(self, since: float, times: int = 3) -> bool:
        """Whether each caller's last attempts, all begun since then, worked."""
        for caller in self.callers:
            last = caller.attempts[-times:]
            if len(last) < times or last[0].began < since or not all(e.is_done for e in last):
                return False
        return True

    def describe(self) -> str:
        """What each caller was told last, for a failure's message."""
        lines = [f"{caller.label}: {caller.last}" for caller in self.callers]
        return "\n".join([*self.lies, *lines])

    def measure_outage(self, since: float) -> float:
        """Seconds from `since` to the first success of the caller who waited longest."""
        return max(self._back(caller, since) for caller in self.callers) - since

    def _back(self, caller: Caller, since: float) -> float:
        later = [attempt for attempt in caller.attempts if attempt.began >= since]
        failed = max((attempt.began for attempt in later if not attempt.is_done), default=since)
        return min(
            attempt.ended for attempt in later if attempt.is_done and attempt.began >= failed
        )

    def longest(self) -> float:
        """How long the slowest answer took, in seconds."""
        return max(
            attempt.ended - attempt.began for who in self.callers for attempt in who.attempts
        )
