"""Two people at one form, or one in two windows: what either wrote is lost to nobody.

Theory. A form carries the version of what it was filled with: a digest of the stored values that it
shows. The transaction that saves reads them again. If they are others by now, nothing is saved, and
the page shows both side by side; the form then carries the newer version, so saving again is a
decision. A value that somebody else changed to the very same is no difference. Who saved last, and
when, is the newest change of the thing in the log; some settings are in there under two nouns.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from turnout.core.audit.recording import LogFilter, list_log
from turnout.store import to_json
from turnout.web.console.actors import name_actor, name_actors
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit

DIGITS = 16
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
Values: TypeAlias = Mapping[str, str | list[str]]


class Saver(NamedTuple):
    """Who saved last, in words, and when (epoch ms); `is_own`: the user, in another window."""

    name: str
    at: int
    is_own: bool = False


class Clash(NamedTuple):
    """What is stored by now, where a form was filled with something else, and who saved it; None =
    the log does not say."""

    now: Values
    saver: Saver | None = None

    @property
    def fault(self) -> str:
        """The code of what is said above the form."""
        is_own = self.saver is not None and self.saver.is_own
        return "console.clash.fault_own" if is_own else "console.clash.fault"


class Difference(NamedTuple):
    """A field that the form and the store know otherwise; of a list, each that is chosen. None of
    them is empty text."""

    name: str
    mine: list[str]
    theirs: list[str]

    @property
    def is_moment(self) -> bool:
        """Whether it is a local date and time."""
        given = [*self.mine, *self.theirs]
        return bool(given) and all(map(_MOMENT.fullmatch, given))


class Differences(list[Difference]):
    """What differs, with who saved it."""

    saver: Saver | None = None


def version_of(values: Values) -> str:
    """The version of what a form shows."""
    return hashlib.sha256(to_json(dict(values)).encode()).hexdigest()[:DIGITS]


def find_clash(version: str, now: Values, visit: Visit, noun_id: int, *nouns: str) -> Clash | None:
    """What is stored, unless the form was filled with just that. The log has it under one of those
    nouns and that number."""
    if version == version_of(now):
        return None
    return Clash(now, _find_saver(visit, noun_id, nouns))


def _find_saver(visit: Visit, noun_id: int, nouns: Iterable[str]) -> Saver | None:
    filters = (LogFilter(noun=noun, noun_id=noun_id) for noun in nouns)
    lines = [line for one in filters for line in list_log(visit.tx, visit.org_id, one, 1)]
    if not lines:
        return None
    last = max(lines, key=lambda line: line.id)
    is_own = last.actor == visit.user.actor
    return Saver(name_actor(last.actor, name_actors(visit)), last.at, is_own)


def is_unsaved(form: Form, kept: Values) -> bool:
    """Whether something was typed that is not kept."""
    return any(_flat(form.values(name)) != _flat(kept[name]) for name in kept if form.has(name))


def list_differences(form: Form, clash: Clash) -> Differences:
    """The fields that differ, in the order of the form."""
    found = Differences()
    found.saver = clash.saver
    for name, value in clash.now.items():
        if _flat(form.values(name)) != _flat(value):
            found.append(Difference(name, _given(form.values(name)), _given(value)))
    return found


def _flat(value: str | list[str]) -> str:
    return ", ".join(_given(value))


def _given(value: str | list[str]) -> list[str]:
    """What is chosen or typed, without what is empty."""
    given = [value] if isinstance(value, str) else value
    return [text for one in given if (text := one.replace("\r\n", "\n").strip())]
