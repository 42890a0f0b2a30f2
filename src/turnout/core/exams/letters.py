"""Notices to candidates: one mail each, with what concerns them filled in."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.showing import get_shown_event
from turnout.core.exams.lists import Room
from turnout.core.exams.model import Exam
from turnout.core.exams.rolls import Candidate, say_accommodations, say_start
from turnout.core.identity.profiles import get_sender
from turnout.core.ids import OrgId
from turnout.core.mails.languages import event_language
from turnout.core.messaging.notices import Letter, queue_letters
from turnout.errors import Invalid
from turnout.store import Tx

SLICE = 100
LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
_FIELD = re.compile(r"%%(\w{1,30})%%", re.ASCII)
FIELDS = ("name", "code", "exam", "date", "place", "room", "seat", "minutes", "accommodations")


class Notice(NamedTuple):
    """What candidates are told. `%%name%%` and the other FIELDS are filled in, dates as people of
    the exam's language write them."""

    subject: str
    text: str


def check_notice(notice: Notice) -> None:
    """Raise Invalid for a notice that is empty, too long, or asks for an unknown field."""
    if not notice.subject.strip() or not notice.text.strip():
        raise Invalid("notice.empty")
    if len(notice.subject) > LONGEST_SUBJECT or len(notice.text) > LONGEST_TEXT:
        raise Invalid("notice.long", subject=LONGEST_SUBJECT, text=LONGEST_TEXT)
    for name in _FIELD.findall(notice.subject + notice.text):
        if name not in FIELDS:
            raise Invalid("notice.field", field=name, known=FIELDS)


def send_notice(
    tx: Tx,
    org_id: OrgId,
    exam: Exam,
    room: Room | None,
    candidates: Sequence[Candidate],
    notice: Notice,
    *,
    actor: str,
) -> int:
    """Queue a mail to each of up to 100 candidates who have an address. Returns how many. Not
    idempotent. Raises Invalid."""
    check_notice(notice)
    language = event_language(tx, org_id, get_shown_event(tx, org_id, exam.event_id))
    letters = [
        Letter(candidate.email, *fill_notice(notice, exam, room, candidate, language))
        for candidate in candidates[:SLICE]
        if candidate.email
    ]
    sender = get_sender(tx, org_id)
    name = label(language, "roll.notice", exam=exam.title)
    queue_letters(tx, org_id, None, name, letters, sender=sender, language=language)
    record(tx, org_id, actor, "notified", "event", exam.event_id, candidates=len(letters))
    return len(letters)


def fill_notice(
    notice: Notice, exam: Exam, room: Room | None, candidate: Candidate, language: str
) -> Notice:
    """The notice as one candidate reads it."""
    return Notice(*(_fill_in(part, exam, room, candidate, language) for part in notice))


def _fill_in(text: str, exam: Exam, room: Room | None, candidate: Candidate, language: str) -> str:
    facts = {
        "name": candidate.name,
        "code": candidate.code,
        "exam": exam.title,
        "date": say_start(exam, language),
        "place": exam.venue_name,
        "room": room.name if room else "",
        "seat": str(candidate.seat or ""),
        "minutes": str(candidate.minutes),
        "accommodations": say_accommodations(candidate),
    }
    return _FIELD.sub(lambda found: facts[found[1]], text)
