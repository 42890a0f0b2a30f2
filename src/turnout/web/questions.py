"""The questions of an event as fields of a form without scripts, and what was entered in them.

All questions are on the page. One that is asked with some ticket types says with which; with
another ticket it does not count, whatever is in it.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from turnout.catalogue.translations import label
from turnout.core.events.model import TicketType
from turnout.core.ids import EventQuestionId, TicketTypeId
from turnout.core.questions.countries import country_names
from turnout.core.questions.judging import (
    LONGEST_LONG_TEXT,
    LONGEST_SHORT,
    LONGEST_TEXT,
    PARTS,
    find_unmet,
    judge,
    parts_of,
    unmet,
)
from turnout.core.questions.model import NO, YES, Answer, Kind, Question
from turnout.errors import Invalid
from turnout.formats.markdown import to_html
from turnout.web.languages import language, translator

# What a form may send for a question, percent-encoded, and with each of its choices.
QUESTION_SIZE, CHOICE_SIZE = 20_000, 100
_LIMITS = {Kind.TEXT: LONGEST_TEXT, Kind.LONG_TEXT: LONGEST_LONG_TEXT}

SPOKEN = {YES: "question_field.yes", NO: "question_field.no"}


class Entered(NamedTuple):
    """What was entered: the answers, and the refusals of those that cannot be taken."""

    answers: list[Answer]
    wrong: dict[EventQuestionId, Invalid]


class Option(NamedTuple):
    """A choice of a field; `name` and `value` are what the form sends."""

    name: str
    value: str
    label: str
    is_chosen: bool


class Field(NamedTuple):
    """A question on a page. `id` is the name of its field; `said` names what describes it; `only`
    are the ticket types with which it is asked, empty = with all, `types` their numbers; `text` is
    HTML."""

    id: str
    kind: str
    label: str
    hint: str
    only: str
    text: Markup
    value: str
    options: list[Option]
    longest: int
    is_required: bool
    is_optional: bool
    error: str
    said: str
    types: str = ""


def read_answers(
    asked: Sequence[Question], given: Mapping[str, str], type_id: TicketTypeId, at: int
) -> Entered:
    """What a form says to the questions that are asked with a ticket type."""
    answers: list[Answer] = []
    wrong: dict[EventQuestionId, Invalid] = {}
    shown = [question for question in asked if question.is_asked_with(type_id)]
    for question in shown:
        if text := _entered(question, given):
            try:
                answers.append(judge(question, text, at))
            except Invalid as refusal:
                wrong[question.id] = refusal
    for question in find_unmet(shown, answers, type_id):
        wrong.setdefault(question.id, unmet(question))
    return Entered(answers, wrong)


def show_fields(
    asked: Sequence[Question],
    offered: Sequence[TicketType],
    given: Mapping[str, str],
    wrong: Mapping[EventQuestionId, Invalid],
) -> list[Field]:
    """The questions that are asked with one of the ticket types, as the page shows them."""
    return [
        _show(question, offered, given, wrong.get(question.id))
        for question in asked
        if any(question.is_asked_with(ticket_type.id) for ticket_type in offered)
    ]


def enter(asked: Sequence[Question], answers: Sequence[Answer]) -> dict[str, str]:
    """What a form would send for answers that are known."""
    known = {answer.question: answer.answer for answer in answers}
    given: dict[str, str] = {}
    for question in asked:
        answer = known.get(question.name, "")
        if question.kind is Kind.SEVERAL:
            chosen = parts_of(answer)
            given |= {
                _option_name(question, number): choice
                for number, choice in enumerate(question.choices)
                if choice in chosen
            }
        elif answer:
            given[_name(question)] = answer
    return given


def names_of(asked: Sequence[Question]) -> list[str]:
    """The names of all fields that a form may send."""
    return [
        name
        for question in asked
        for name in (
            [_option_name(question, number) for number in range(len(question.choices))]
            if question.kind is Kind.SEVERAL
            else [_name(question)]
        )
    ]


def size_of(asked: Sequence[Question]) -> int:
    """How many bytes more a form may have."""
    return sum(QUESTION_SIZE + CHOICE_SIZE * len(question.choices) for question in asked)


def _show(
    question: Question,
    offered: Sequence[TicketType],
    given: Mapping[str, str],
    refusal: Invalid | None,
) -> Field:
    name = _name(question)
    asking = [kind for kind in offered if question.is_asked_with(kind.id)]
    types = [kind.name for kind in asking]
    is_for_all = len(types) == len(offered)
    error = _say(refusal, question) if refusal else ""
    parts = {
        "text": question.text,
        "only": not is_for_all,
        "hint": question.hint,
        "error": error,
    }
    return Field(
        id=name,
        kind=question.kind.value,
        label=question.label,
        hint=question.hint,
        only="" if is_for_all else ", ".join(types),
        text=Markup(to_html(question.text)),  # noqa: S704 (formats/markdown.py cleans it)
        value=given.get(name, ""),
        options=_options(question, given),
        longest=_LIMITS.get(question.kind, LONGEST_SHORT),
        is_required=question.is_required and is_for_all,
        is_optional=not question.is_required,
        error=error,
        said=" ".join(f"{name}-{part}" for part, has in parts.items() if has),
        types="" if is_for_all else " ".join(str(kind.id) for kind in asking),
    )


def _say(refusal: Invalid, question: Question) -> str:
    """The sentence of a refusal in the visitor's language, with what people read as the name."""
    return translator.get()(refusal.code, {**refusal.facts, "question": question.label})


def _options(question: Question, given: Mapping[str, str]) -> list[Option]:
    name = _name(question)
    value = given.get(name, "")
    if question.kind is Kind.SEVERAL:
        names = [_option_name(question, number) for number in range(len(question.choices))]
        return [
            Option(own, choice, choice, bool(given.get(own)))
            for own, choice in zip(names, question.choices, strict=True)
        ]
    pairs: Mapping[str, str] = {choice: choice for choice in question.choices}
    if question.kind is Kind.YES_NO:
        pairs = {own: label(language.get(), code) for own, code in SPOKEN.items()}
    elif question.kind is Kind.COUNTRY:
        pairs = country_names(language.get())
    return [Option(name, own, said, own == value) for own, said in pairs.items()]


def _entered(question: Question, given: Mapping[str, str]) -> str:
    if question.kind is Kind.AGREEMENT:
        return YES if given.get(_name(question)) else ""
    if question.kind is not Kind.SEVERAL:
        return given.get(_name(question), "").strip()
    return PARTS.join(
        choice
        for number, choice in enumerate(question.choices)
        if given.get(_option_name(question, number))
    )


def _name(question: Question) -> str:
    return f"q{question.id}"


def _option_name(question: Question, number: int) -> str:
    return f"{_name(question)}-{number}"
