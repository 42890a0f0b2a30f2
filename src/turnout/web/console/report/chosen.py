"""The filters that a report has, in words, each with the address of the report without it."""

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from turnout.web.console.figures import say_at, say_local_day
from turnout.web.console.report.query import REGISTERED, SECOND_MS, WATCHED, ReportQuery
from turnout.web.console.words import say

BEGIN = "console.report.chosen."


class Chosen(NamedTuple):
    """A filter in words, and the query of the report without it."""

    words: Markup
    without: str


def list_chosen(query: ReportQuery, zone: str) -> list[Chosen]:
    """Every filter but the kinds of viewers, which have chips of their own; times are in `zone`."""
    return list(_choose(query, zone))


def _choose(query: ReportQuery, zone: str) -> Iterator[Chosen]:
    if query.first or query.last:
        every = {"first": "", "last": "", "about": (REGISTERED, WATCHED)}
        yield Chosen(_say_days(query), query.link(**every))
    for source in query.sources:
        words = say(BEGIN + "source", name=source) if source else say("console.report.source.none")
        rest = tuple(one for one in query.sources if one != source)
        yield Chosen(words, query.link(sources=rest))
    for domain in query.domains:
        rest = tuple(one for one in query.domains if one != domain)
        yield Chosen(say(BEGIN + "domain", name=domain), query.link(domains=rest))
    for domain in query.without:
        rest = tuple(one for one in query.without if one != domain)
        yield Chosen(say(BEGIN + "without", name=domain), query.link(without=rest))
    if query.has_asked:
        yield Chosen(say("console.report.has_asked"), query.link(has_asked=False))
    if query.has_answered:
        yield Chosen(say("console.report.has_answered"), query.link(has_answered=False))
    if query.watched:
        begin, end = query.watched
        stretch = f"{begin}\u2013{end}" if end else f"{begin}+"
        words = say(BEGIN + "minutes", stretch=stretch)
        yield Chosen(words, query.link(watched=None))
    if query.came:
        first, last = (at * SECOND_MS for at in query.came)
        words = say(BEGIN + "came", first=say_at(first, zone), last=say_at(last, zone))
        yield Chosen(words, query.link(came=None))


def _say_days(query: ReportQuery) -> Markup:
    about = query.about[0] if len(query.about) == 1 else "both"
    what = say(BEGIN + about)
    first, last = (say_local_day(day) if day else "" for day in (query.first, query.last))
    if first and last:
        code = "on" if first == last else "between"
    else:
        code = "since" if first else "till"
    return say(BEGIN + code, what=what, first=first, last=last)
