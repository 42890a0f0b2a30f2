"""Who changed what: of an event, or of the whole organization. Of people's own data the log has the
names of the fields alone."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request, Response

from turnout.catalogue.histories import name_code, phrase_change, rest_of, tell
from turnout.catalogue.labels import CONSOLE
from turnout.core.audit.recording import LogFilter, LogLine
from turnout.core.ids import EventId
from turnout.core.timeline.seen_log import PARTS, PartLine, list_event_log, list_seen_log
from turnout.formats.money import say_money
from turnout.web.console.actors import name_actor, name_actors
from turnout.web.console.figures import say_at
from turnout.web.console.page import ConsolePage, Visit
from turnout.web.console.words import say
from turnout.web.numbers import parse_number

PERMISSION = "log.see"
LINES_LIMIT = 50
LONGEST = 60
_NOUN = re.compile(r"[a-z_]{1,20}( [a-z]{1,19})?")
_SPACED = {"certificate_template": "certificate template"}
"""Nouns that are stored with a space."""
_LISTS = frozenset(
    {"after", "before", "changed", "codes", "events", "fields", "interval", "sessions"}
)
"""Facts that are a list where they have two values, and no pair."""
_OF_EVENTS = frozenset({"events"})
_CODES = frozenset({"changed", "fields", "kind", "queue", "role", "roles", "state"})
_UNSAID = frozenset({"booked_at", "currency", "digest"})
_EARLIEST = 10**12
"""Larger numbers are instants."""


class Change(NamedTuple):
    """A fact of a line: what was before and is now, or (`before` None) what was said."""

    name: str
    before: str | None
    after: str


class Words(NamedTuple):
    """What facts are said with: names of actors, the zone of instants, which events are seen."""

    names: Mapping[str, str]
    zone: str
    sees: Callable[[EventId], bool]


NO_WORDS = Words({}, "UTC", bool)


class Line(NamedTuple):
    """A line as the page shows it: a sentence, what it is of, which is called `name` where that is
    known, and what the sentence does not say."""

    line: LogLine
    actor: str
    what: str
    noun: str
    name: str
    changes: list[Change]


class LogView(NamedTuple):
    """Lines, newest first; who and what can be asked for, each with its words."""

    lines: list[Line]
    has_more: bool
    actors: list[tuple[str, str]]
    nouns: list[tuple[str, str]]


class LogPage(ConsolePage):
    """`/console/{scope}/log`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """Changes, newest first. Raises Denied, Missing."""
        wanted = read_filter(req)
        view = await self.console.read(req, PERMISSION, read_log, wanted, LINES_LIMIT)
        given = {"noun": wanted.noun, "id": wanted.noun_id or "", "actor": wanted.actor}
        query = {name: value for name, value in given.items() if value}
        older = ""
        if view.has_more:
            older = "?" + urlencode(query | {"before": view.lines[-1].line.id})
        self.console.show(
            req,
            resp,
            "console/log.html",
            view=view,
            wanted=wanted,
            older=older,
            query=f"?{urlencode(query)}" if query else "",
        )


def read_filter(req: Request) -> LogFilter:
    noun = req.get_param("noun", default="").strip()
    actor = req.get_param("actor", default="").strip()
    return LogFilter(
        noun if _NOUN.fullmatch(noun) else "",
        _number(req.get_param("id", default="")),
        actor[:LONGEST],
        _number(req.get_param("before", default="")) or 2**62,
    )


def _number(text: str) -> int:
    return parse_number(text.strip()) or 0


def read_log(visit: Visit, wanted: LogFilter, limit: int) -> LogView:
    """Up to so many changes: of the event, if the address is of one, else of the organization."""
    tx, org_id = visit.tx, visit.org_id
    if visit.event:
        found = list_event_log(tx, org_id, visit.event.id, wanted, limit + 1)
    else:
        seen = list_seen_log(tx, org_id, wanted, visit.user.access, limit + 1)
        found = [PartLine(line, "") for line in seen]
    names = name_actors(visit)
    words = Words(names, visit.organization.timezone, visit.user.sees)
    lines = [_line(*one, words) for one in found[:limit]]
    actors = sorted(names.items(), key=lambda of: of[1].casefold())
    nouns = list_nouns()
    if visit.event:
        nouns = [one for one in nouns if one[0] in PARTS]
    return LogView(lines, len(found) > limit, actors, nouns)


def _line(line: LogLine, name: str, words: Words) -> Line:
    phrase = phrase_change(line.noun, line.action, line.facts)
    noun = say_noun(line.noun)
    who = name_actor(line.actor, words.names)
    return Line(line, who, tell(phrase), noun, name, list_changes(rest_of(phrase), words))


def list_nouns() -> list[tuple[str, str]]:
    """What changes are of, each with its word."""
    begin = "console.log.of."
    codes = [code.removeprefix(begin) for code in CONSOLE if code.startswith(begin)]
    nouns = [_SPACED.get(code, code) for code in codes]
    return sorted(((noun, say_noun(noun)) for noun in nouns), key=lambda of: of[1].casefold())


def say_noun(noun: str) -> str:
    """The word for what a change is of."""
    code = "console.log.of." + name_code(noun)
    return say(code).unescape() if code in CONSOLE else noun.replace("_", " ")


def list_changes(facts: Mapping[str, Any], words: Words = NO_WORDS) -> list[Change]:
    """What a line says beside its sentence, fact by fact: pairs are before and after."""
    shown = {name: value for name, value in facts.items() if name not in _UNSAID}
    return [_change(name, value, facts, words) for name, value in shown.items()]


def _change(name: str, value: Any, facts: Mapping[str, Any], words: Words) -> Change:
    code = "console.log.fact." + name
    label = say(code).unescape() if code in CONSOLE else _spaced(name)
    if name not in _LISTS and isinstance(value, list) and len(value) == 2 and _is_pair(name, value):
        before, after = (_say_fact(name, one, facts, words) for one in value)
        return Change(label, before, after)
    return Change(label, None, _say_fact(name, value, facts, words))


def _is_pair(name: str, value: list[Any]) -> bool:
    """A list of two roles is none; before and after are a list each."""
    return name != "roles" or isinstance(value[0], list)


def _say_fact(name: str, value: Any, facts: Mapping[str, Any], words: Words) -> str:
    if isinstance(value, list) and name in _OF_EVENTS:
        value = [one for one in value if words.sees(EventId(one))]
    if isinstance(value, int) and not isinstance(value, bool):
        if name == "amount_minor":
            return say_money(value, str(facts.get("currency", "")))
        if name == "micros":
            return f"{value / 1_000_000:,.2f}"
        if value >= _EARLIEST:
            return say_at(value, words.zone)
        if name == "user_id":
            return name_actor(f"user:{value}", words.names)
    if isinstance(value, list):
        return ", ".join(_say_fact(name, one, facts, words) for one in value) or "\u2013"
    if isinstance(value, bool):
        return str(say("console.log.yes" if value else "console.log.no"))
    return "\u2013" if value in (None, "") else _say_text(name, str(value))


def _say_text(name: str, text: str) -> str:
    """Names of fields and kinds without their underscores; what somebody typed as it is."""
    return _spaced(text) if name in _CODES else text


def _spaced(text: str) -> str:
    return text.replace("_", " ")
