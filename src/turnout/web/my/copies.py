"""A guest's copy of what is known of them: a page to read, which has the same for programs in it.

The page is a file that opens anywhere, so it brings its own style, and the few lines of script that
say its times by the reader's own clock; without them they are by the event's. It says what people
understand; numbers and keys that only programs need are in the JSON alone.
"""

import base64
import datetime
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from markupsafe import Markup, escape

from turnout.catalogue.translations import label
from turnout.core.erasure.exporting import Export
from turnout.core.times import local
from turnout.formats.local_dates import say_day, say_language, say_moment, say_money

# The sections, in their order: the tables of each, and how its title is called.
SECTIONS = {
    "my.copy_you": ("people",),
    "my.copy_former": ("former_addresses", "former_names"),
    "my.copy_registrations": ("registrations",),
    "my.copy_tickets": ("tickets",),
    "my.sessions": ("session_bookings",),
    "my.waiting": ("waiting_entries",),
    "my.payments": ("payments",),
    "my.copy_invitations": ("invitations",),
    "my.copy_door": ("scans", "door_notes"),
    "my.copy_watched": ("viewings", "questions", "question_votes", "survey_answers"),
    "my.copy_certificates": ("certificates",),
    "my.copy_exams": ("learners", "exam_registrations", "exam_accommodations"),
    "my.copy_notes": ("registration_notes", "registration_tags"),
}
# What is said of each row, in this order.
FIELDS = {
    "event_title": "my.copy_event",
    "event_date": "my.copy_day",
    "session_title": "my.copy_session",
    "email": "my.copy_email",
    "title": "my.copy_title",
    "first_name": "my.copy_first_name",
    "last_name": "my.copy_last_name",
    "company": "my.copy_company",
    "job_title": "my.copy_job",
    "address": "my.copy_address",
    "address_line1": "my.copy_address",
    "address_line2": "my.copy_address",
    "address_line3": "my.copy_address",
    "post_code": "my.copy_post_code",
    "city": "my.copy_city",
    "county_or_state": "my.copy_region",
    "country_code": "my.copy_country",
    "phone": "my.copy_phone",
    "question": "my.copy_question",
    "answer": "my.copy_answer",
    "note": "my.copy_note",
    "reason": "my.copy_note",
    "tag": "my.copy_tag",
    "name": "my.copy_note",
    "code": "my.copy_code",
    "seat": "my.copy_seat",
    "minutes": "my.copy_minutes",
    "amount": "my.copy_amount",
    "reference": "my.copy_reference",
    "language": "my.language",
    "state": "my.copy_state",
    "created_at": "my.copy_since",
    "updated_at": "my.copy_changed",
    "sent_at": "my.copy_sent",
    "confirmed_at": "my.copy_confirmed",
    "declined_at": "my.copy_declined",
    "checked_in_at": "my.copy_checked_in",
    "asked_at": "my.copy_at",
    "answered_at": "my.copy_at",
    "voted_at": "my.copy_at",
    "issued_at": "my.copy_at",
    "at": "my.copy_at",
    "starts_at": "my.copy_from",
    "ends_at": "my.copy_until",
    "until": "my.copy_until",
    "due_at": "my.copy_due",
    "settled_at": "my.copy_paid",
}
STATES = {
    "confirmed": "my.confirmed",
    "cancelled": "my.cancelled",
    "valid": "my.copy_valid",
    "waiting": "my.copy_waits",
    "offered": "my.copy_offered",
    "taken": "my.copy_taken",
    "lapsed": "my.copy_lapsed",
    "left": "my.copy_left",
    "open": "my.copy_open",
    "paid": "my.copy_paid",
    "refunded": "my.copy_refunded",
    "waived": "my.copy_waived",
}
STYLE = Markup(""":root{color-scheme:light dark}
body{max-width:44rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}
dl{display:grid;grid-template-columns:minmax(8rem,1fr) 2fr;gap:.25rem 1rem;margin:0 0 1rem;
padding:0 0 1rem;border-bottom:1px solid GrayText}
dt{color:light-dark(#53605c,#a3b1ad)}dd{margin:0;overflow-wrap:anywhere}
@media(max-width:30rem){dl{display:block}}""")
# The reader's own clock, where there is a script.
SCRIPT = Markup("""for (const one of document.querySelectorAll("time")) {
  const shape = { dateStyle: "long", timeStyle: "short" };
  one.textContent = new Date(one.dateTime).toLocaleString(document.documentElement.lang, shape);
  one.title = Intl.DateTimeFormat().resolvedOptions().timeZone;
}""")


class Reader(NamedTuple):
    """Who reads it: the organizer's name, the language, and the zone where nothing is known of
    theirs."""

    organizer: str
    spoken: str
    zone: str

    def say(self, code: str, **facts: str) -> str:
        """A label."""
        return label(self.spoken, code, **facts)


def to_json(export: Export) -> bytes:
    """The copy for programs: instants as in ISO 8601, in UTC, and nothing that is empty."""
    return msgspec.json.format(msgspec.json.encode(tidy(export)), indent=2)


def tidy(export: Export) -> dict[str, list[dict[str, Any]]]:
    """An export with its instants written out, what was submitted as what it holds, and nothing
    that is empty."""
    rows = {
        table: [kept for row in rows if (kept := _tidy_row(row))] for table, rows in export.items()
    }
    return {table: kept for table, kept in rows.items() if kept}


def to_page(export: Export, reader: Reader) -> bytes:
    """The copy to read, as a whole HTML file; all text is escaped."""
    title = reader.say("my.data")
    text = reader.say("my.copy_text", organizer=reader.organizer)
    data = base64.b64encode(to_json(export)).decode()
    parts = [
        Markup('<!doctype html>\n<html lang="{}">\n<head><meta charset="utf-8">').format(
            reader.spoken
        ),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup("<title>{} · {}</title>\n<style>{}</style></head>\n<body><main>").format(
            title,
            reader.organizer,
            STYLE,
        ),
        Markup("<h1>{}</h1>\n<p>{}</p>").format(title, text),
        *_list_sections(tidy(export), reader),
        Markup('<p><a download="my-data.json" href="data:application/json;base64,{}">').format(
            data
        ),
        Markup("{}</a></p>\n</main>\n<script>{}</script></body></html>\n").format(
            reader.say("my.copy_json"),
            SCRIPT,
        ),
    ]
    return "\n".join(parts).encode()


def _list_sections(tidied: Mapping[str, list[dict[str, Any]]], reader: Reader) -> Iterator[str]:
    for code, tables in SECTIONS.items():
        rows = [row for table in tables for row in tidied.get(table, ())]
        said = [facts for row in rows if (facts := [*_list_facts(row, reader)])]
        if said:
            lists = Markup("").join(Markup("<dl>{}</dl>").format(Markup("").join(f)) for f in said)
            yield Markup("<section><h2>{}</h2>{}</section>").format(reader.say(code), lists)


def _list_facts(row: Mapping[str, Any], reader: Reader) -> Iterator[Markup]:
    """What is said of a row: names and values."""
    if "amount_minor" in row:
        said = say_money(row["amount_minor"], row.get("currency", ""), reader.spoken)
        row = {**row, "amount": said}
    for name, code in FIELDS.items():
        if name in row:
            yield _fact(reader.say(code), _value(name, row[name], reader))
    submitted = row.get("answers", {})
    for one in submitted.get("answers", ()) if isinstance(submitted, dict) else ():
        if "question" in one:
            yield _fact(one["question"], escape(_plain(one.get("answer", ""))))


def _fact(name: str, value: Markup) -> Markup:
    return Markup("<dt>{}</dt><dd>{}</dd>").format(name, value)


def _value(name: str, value: Any, reader: Reader) -> Markup:
    if _is_instant(name) and isinstance(value, str):
        at = datetime.datetime.fromisoformat(value).astimezone(ZoneInfo(reader.zone))
        said = f"{say_moment(at, reader.spoken)} ({reader.zone})"
        return Markup('<time datetime="{}">{}</time>').format(value, said)
    if name == "event_date":
        day = datetime.datetime.fromisoformat(value)
        return escape(say_day(day, reader.spoken))
    if name == "language":
        return escape(say_language(value))
    if name == "state" and value in STATES:
        return escape(reader.say(STATES[value]))
    return escape(_plain(value))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _tidy_row(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: _tidy(name, value) for name, value in row.items()}
    return {name: value for name, value in kept.items() if not _is_empty(value)}


def _tidy(name: str, value: Any) -> Any:
    if _is_instant(name) and isinstance(value, int):
        return local(value, "UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    if name in ("answers", "extras") and isinstance(value, str):
        return _drop_empty(msgspec.json.decode(value))
    return value


def _drop_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _drop_empty(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if not _is_empty(one)}
    if isinstance(value, list):
        return [one for one in map(_drop_empty, value) if not _is_empty(one)]
    return value


def _is_empty(value: Any) -> bool:
    return value in ("", None, [], {})


def _is_instant(name: str) -> bool:
    return name.endswith("_at") or name in ("at", "until")
