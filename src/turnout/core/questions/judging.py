"""What an answer may be, by the kind of its question: one judge for every door.

Rules.
- Questions are found by their names, in any case. An answer to something that the event does not
  ask is kept as it came: integrations send what they know.
- An answer is kept in one form whatever the door: `yes` and `no`, a day as `2027-03-01`, a number
  with a dot, a country's code, choices as the organizer wrote them.
- An empty answer is none. It never takes away what is known.
- Whether something must be answered is asked at the doors that show the questions (`find_unmet`).
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from turnout.core.ids import TicketTypeId
from turnout.core.questions.countries import find_country
from turnout.core.questions.model import NO, YES, Answer, Kind, Question
from turnout.core.text import clean_line, clean_paragraph, fold, is_storable
from turnout.errors import Invalid

LONGEST_TEXT, LONGEST_LONG_TEXT, LONGEST_SHORT = 500, 2000, 100
PARTS = "; "
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,15})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3},\d{3}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PHONE = re.compile(r"\+?[\d ()./-]{3,40}", re.ASCII)
_SPOKEN = {
    **dict.fromkeys(("yes", "y", "true", "1", "on"), YES),
    **dict.fromkeys(("no", "n", "false", "0", "off"), NO),
}


def judge_all(asked: Sequence[Question], given: Iterable[Answer], at: int) -> list[Answer]:
    """The answers as they are kept, those to questions of the event in their form; `at` (epoch ms)
    is when something is agreed to. Raises Invalid for the first that its question does not take."""
    known = {question_key(question.name): question for question in asked}
    found: dict[str, Answer] = {}
    others = []
    for answer in given:
        question = known.get(question_key(answer.question))
        if question is None:
            others.append(answer)
        elif answer.answer.strip():
            before = found.get(question.name)
            found[question.name] = judge(question, _add(question, before, answer.answer), at)
    return [*found.values(), *others]


def judge(question: Question, text: str, at: int) -> Answer:
    """One answer, which is not empty, as it is kept. Raises Invalid `answer.not_KIND`, with the
    name of the question."""
    kept = _READERS[question.kind](question, text.strip()) if is_storable(text) else None
    if kept is None:
        raise _refusal(question)
    if question.kind is Kind.AGREEMENT and kept == YES:
        return Answer(question.name, kept, question.version, at)
    return Answer(question.name, kept)


def find_unmet(
    asked: Sequence[Question], answers: Iterable[Answer], ticket_type_id: TicketTypeId
) -> list[Question]:
    """The questions that holders of the ticket type must answer, or agree to, and did not."""
    given = {question_key(answer.question): answer.answer for answer in answers}
    return [
        question
        for question in asked
        if question.is_required
        and question.is_asked_with(ticket_type_id)
        and not _is_met(question, given.get(question_key(question.name), ""))
    ]


def unmet(question: Question) -> Invalid:
    """The refusal of a registration without an answer to the question."""
    if question.kind is Kind.AGREEMENT:
        return Invalid("answer.agree", question=question.name)
    return Invalid("answer.required", question=question.name)


def question_key(name: str) -> str:
    """What two spellings of a question's name have in common."""
    return fold(" ".join(name.split()))


def parts_of(answer: str) -> list[str]:
    """The choices in an answer to a question of which several may be chosen."""
    return [part.strip() for part in answer.split(";") if part.strip()]


def _add(question: Question, before: Answer | None, text: str) -> str:
    """Choices may come one by one; of any other answer the last counts."""
    if before is None or question.kind is not Kind.SEVERAL:
        return text
    return f"{before.answer}{PARTS}{text}"


def _is_met(question: Question, answer: str) -> bool:
    return answer == YES if question.kind is Kind.AGREEMENT else bool(answer.strip())


def _refusal(question: Question) -> Invalid:
    # Without what was answered: the facts of a failed item outlive the person.
    facts: dict[str, Any] = {"question": question.name}
    if question.kind in _LIMITS:
        facts["limit"] = _LIMITS[question.kind]
    if question.choices:
        facts["choices"] = list(question.choices)
    return Invalid(REFUSALS[question.kind], **facts)


# -- one kind each: the answer as it is kept, or None -------------------------------------------


def _read_text(_: Question, text: str) -> str | None:
    line = clean_line(text)
    return line if 0 < len(line) <= LONGEST_TEXT else None


def _read_long_text(_: Question, text: str) -> str | None:
    lines = clean_paragraph(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return lines if 0 < len(lines) <= LONGEST_LONG_TEXT else None


def _read_number(_: Question, text: str) -> str | None:
    plain = _plain_digits(text).replace("\N{MINUS SIGN}", "-")
    # A comma before three digits may part thousands or tenths.
    if not _NUMBER.fullmatch(plain) or _GROUPED.fullmatch(plain):
        return None
    kept = plain.replace(",", ".").removeprefix("+")
    return kept if kept.strip("-0.") or not kept.startswith("-") else "0"


def _read_choice(question: Question, text: str) -> str | None:
    wanted = question_key(text) if len(text) <= LONGEST_LONG_TEXT else ""
    return next((choice for choice in question.choices if question_key(choice) == wanted), None)


def _read_several(question: Question, text: str) -> str | None:
    if len(text) > LONGEST_LONG_TEXT * 10:
        return None
    chosen = {_read_choice(question, part) for part in parts_of(text)}
    if None in chosen or not chosen:
        return None
    return PARTS.join(choice for choice in question.choices if choice in chosen)


def _read_date(_: Question, text: str) -> str | None:
    plain = _plain_digits(text)
    try:
        return datetime.date.fromisoformat(plain).isoformat() if _DAY.fullmatch(plain) else None
    except ValueError:
        return None


def _read_yes_no(_: Question, text: str) -> str | None:
    return _SPOKEN.get(fold(text)) if len(text) <= LONGEST_SHORT else None


def _read_phone(_: Question, text: str) -> str | None:
    plain = _plain_digits(text)
    digits = sum(sign.isdecimal() for sign in plain)
    return plain if _PHONE.fullmatch(plain) and 3 <= digits <= 15 else None


def _read_country(_: Question, text: str) -> str | None:
    return find_country(text) if len(text) <= LONGEST_SHORT else None


def _plain_digits(text: str) -> str:
    """The digits of any script as those of ours; nothing that long is any of these answers."""
    if len(text) > LONGEST_SHORT or text.isascii():
        return text
    digits = ((sign, unicodedata.decimal(sign, None)) for sign in text)
    return "".join(sign if digit is None else str(digit) for sign, digit in digits)


_LIMITS = {Kind.TEXT: LONGEST_TEXT, Kind.LONG_TEXT: LONGEST_LONG_TEXT}
REFUSALS = {
    Kind.TEXT: "answer.not_text",
    Kind.LONG_TEXT: "answer.not_long_text",
    Kind.NUMBER: "answer.not_number",
    Kind.CHOICE: "answer.not_choice",
    Kind.SEVERAL: "answer.not_several",
    Kind.DATE: "answer.not_date",
    Kind.YES_NO: "answer.not_yes_no",
    Kind.AGREEMENT: "answer.not_agreement",
    Kind.PHONE: "answer.not_phone",
    Kind.COUNTRY: "answer.not_country",
}
_READERS: dict[Kind, Callable[[Question, str], str | None]] = {
    Kind.TEXT: _read_text,
    Kind.LONG_TEXT: _read_long_text,
    Kind.NUMBER: _read_number,
    Kind.CHOICE: _read_choice,
    Kind.SEVERAL: _read_several,
    Kind.DATE: _read_date,
    Kind.YES_NO: _read_yes_no,
    Kind.AGREEMENT: _read_yes_no,
    Kind.PHONE: _read_phone,
    Kind.COUNTRY: _read_country,
}
