"""Forms of the console: what was typed, what is wrong with it, and what it means.

A handler reads each field once, with the method of its kind: an empty optional field is None; one
that cannot be read is None too, and leaves a fault. `is_right` is asked before the verb; `refuse`
puts a refusal of the verb beside its field. The page shows the form again with `value` and
`faults`, so nothing that was typed is lost.
"""

import datetime
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from falcon.asgi import Request

from turnout.core.text import is_email, is_storable
from turnout.errors import Failure, Invalid
from turnout.http.body import read_body
from turnout.http.forms import find_boundary, parse_files
from turnout.http.members import Limits, fields_of, read_pairs
from turnout.web.console.words import say
from turnout.web.numbers import parse_number
from turnout.web.refusals import say_refusal

BODY_LIMIT = 262_144
FIELDS = 2_000
BEGINNING = 1_000
LONGEST_TEXT = 50_000
UNNAMED = "console.fault."
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:[.,]([0-9]{1,3}))?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?")


class Form:
    """The fields of a form by name, and the faults found so far, in the order of the fields."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)
        self.faults: dict[str, str] = {}
        self._unnamed: list[str] = []
        self._labels: dict[str, str] = {}

    @property
    def token(self) -> str:
        """What proves that the form is of a page of this session."""
        return self.value("token")

    @property
    def names(self) -> list[str]:
        """The fields that came."""
        return list(self._values)

    @property
    def typed(self) -> list[tuple[str, str]]:
        """All fields but the token, as they came."""
        pairs = ((name, one) for name, values in self._values.items() for one in values)
        return [pair for pair in pairs if pair[0] != "token"]

    @property
    def has_new_labels(self) -> bool:
        """Whether a summary of the faults that is rendered now says more than one before."""
        return any(name in self._labels for name in self._unnamed)

    @property
    def is_right(self) -> bool:
        """Whether nothing was found wrong so far."""
        return not self.faults

    def value(self, name: str, default: str = "") -> str:
        """What was typed, trimmed."""
        return self._values.get(name, [default])[0].strip()

    def exact(self, name: str) -> str:
        """What was typed, blanks and all: a password."""
        return self._values.get(name, [""])[0]

    def changed(self, changes: Mapping[str, str]) -> "Form":
        """The same form with other values, as a button in it wants."""
        kept = [(name, one) for name, all_ in self._values.items() for one in all_]
        other = Form([pair for pair in kept if pair[0] not in changes] + list(changes.items()))
        other.faults, other._unnamed, other._labels = self.faults, self._unnamed, self._labels
        return other

    def values(self, name: str) -> list[str]:
        """Everything that was chosen under one name."""
        return [value.strip() for value in self._values.get(name, [])]

    def has(self, name: str) -> bool:
        """Whether a box of that name was ticked, or a button pressed."""
        return name in self._values

    def fault(self, name: str, code: str, /, **facts: object) -> None:
        """Say beside a field what is wrong with it; the first fault of a field counts."""
        if name not in self.faults and code.startswith(UNNAMED):
            self._unnamed.append(name)
        self.faults.setdefault(name, say(code, **facts))

    def learn_label(self, name: str, label: str) -> str:
        """Keep what a faulty field is called, for the summary; the page prints nothing for it."""
        self._labels.setdefault(name, label)
        return ""

    def find_label(self, name: str) -> str | None:
        """What a field is called whose fault is said in the words that all fields share: several of
        these could not be told apart in the summary. None until the field was rendered."""
        return self._labels.get(name) if name in self._unnamed else None

    def refuse(self, failure: Failure, name: str = "") -> None:
        """Say beside a field (empty = above the form) why a verb refused."""
        self.faults.setdefault(name, say_refusal(failure))

    def text(self, name: str, *, limit: int = 500, is_required: bool = True) -> str:
        """One line or several."""
        text = self.value(name)
        if is_required and not text:
            self.fault(name, "console.fault.empty")
        elif len(text) > limit:
            self.fault(name, "console.fault.long", limit=f"{limit:,}")
        return text[:limit]

    def email(self, name: str, *, is_required: bool = True) -> str:
        """An address, as it was typed."""
        text = self.text(name, limit=254, is_required=is_required)
        if text and not is_email(text):
            self.fault(name, "console.fault.email")
        return text

    def whole(self, name: str, *, least: int = 0, most: int = 10**9) -> int | None:
        """A whole number; None where nothing was typed."""
        text = self.value(name).replace(" ", "")
        if not text:
            return None
        number = parse_number(text.removeprefix("-"))
        if number is None:
            self.fault(name, "console.fault.whole")
            return None
        if text.startswith("-"):
            number = -number
        if not least <= number <= most:
            self.fault(name, "console.fault.between", least=f"{least:,}", most=f"{most:,}")
        return number

    def amount(self, name: str, decimals: int = 2) -> int | None:
        """Money in its smallest unit, from `10.50` or `10,50`; None where nothing was typed."""
        text = self.value(name)
        if not text:
            return None
        found = _AMOUNT.fullmatch(text)
        if not found or len(found[1] or "") > decimals:
            self.fault(name, "console.fault.amount")
            return None
        units, _, parts = text.replace(",", ".").partition(".")
        size: int = 10**decimals
        return int(units) * size + int((parts or "0").ljust(decimals, "0") if decimals else 0)

    def moment(self, name: str, *, is_required: bool = True) -> str:
        """A local date and time, `2027-03-01T09:00`; empty where nothing was typed."""
        text = self.value(name)
        if not text:
            if is_required:
                self.fault(name, "console.fault.empty")
            return ""
        try:
            if not _MOMENT.fullmatch(text):
                raise ValueError
            return datetime.datetime.fromisoformat(text).isoformat(timespec="minutes")
        except ValueError:
            self.fault(name, "console.fault.moment")
            return ""

    def choice(self, name: str, known: Iterable[str], *, is_required: bool = True) -> str:
        """One of the known values."""
        text = self.value(name)
        if text not in set(known):
            if text or is_required:
                self.fault(name, "console.fault.choice")
            return ""
        return text

    def number(self, name: str) -> int | None:
        """The number of something that was chosen; None where nothing was."""
        text = self.value(name)
        number = parse_number(text)
        if text and number is None:
            self.fault(name, "console.fault.choice")
        return number

    def numbers(self, name: str) -> list[int]:
        """The numbers that were ticked; what is no number of ours is left out."""
        found = map(parse_number, self.values(name))
        return [number for number in found if number is not None]


def fill(values: Mapping[str, str | Iterable[str]]) -> Form:
    """A form with what is stored now, for a page that is opened."""
    pairs: list[tuple[str, str]] = []
    for name, value in values.items():
        pairs.extend((name, one) for one in ([value] if isinstance(value, str) else value))
    return Form(pairs)


async def read_form_with_files(req: Request, size: int) -> tuple[Form, dict[str, bytes]]:
    """A form of up to `size` bytes, and the files in it by the names of their fields; the fields
    `NAME_name` and `NAME_sha256` have what a file is called, and its digest. Raises Invalid for
    what cannot be read."""
    body = await read_body(req, size)
    content_type = req.get_header("Content-Type") or ""
    boundary = find_boundary(body[:BEGINNING], content_type)
    if not boundary:
        return Form(fields_of(body, content_type, Limits(size, fields=FIELDS))), {}
    pairs, files = parse_files(body, boundary, FIELDS)
    if not all(is_storable(name + value) for name, value in pairs):
        raise Invalid("text.unstorable_form")
    named = [(f"{file.field}_name", file.name) for file in files]
    named += [(f"{file.field}_sha256", sha256(file.content).hexdigest()) for file in files]
    return Form([*pairs, *named]), {file.field: file.content for file in files}


async def read_console_form(req: Request, size: int = BODY_LIMIT) -> Form:
    """A form as the browser sent it. Raises Invalid for what cannot be read."""
    pairs = [
        (name, str(value))
        for name, value in await read_pairs(req, Limits(size, fields=FIELDS, depth=2))
    ]
    if not all(is_storable(name + value) for name, value in pairs):
        raise Invalid("text.unstorable_form")
    return Form(pairs)
