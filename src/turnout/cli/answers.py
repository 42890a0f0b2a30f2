"""What staff say was answered: `--answer "Question=answer"`, for what the event asks, and
`--new-answer` for anything else."""

import re
from collections.abc import Iterable
from typing import Annotated

from cyclopts import Parameter

from turnout.core.ids import EventId, OrgId
from turnout.core.questions.judging import question_key
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import list_questions
from turnout.errors import Invalid
from turnout.store import Tx

NewAnswer = Annotated[
    list[str] | None,
    Parameter(
        help='An answer to something that the event does not ask, as "Question=answer"; may be '
        "repeated."
    ),
]
# `2:Diet=vegan` is the second guest's.
_NUMBERED = re.compile(r"([1-9]\d{0,3}):(.*)", re.ASCII | re.DOTALL)


def read_answers(given: Iterable[str] | None) -> dict[str, str]:
    """Answers by question. Raises Invalid for what has no `=`."""
    answers = {}
    for text in given or ():
        question, sign, answer = text.partition("=")
        if not sign or not question.strip():
            raise Invalid("answer.option", text=text)
        answers[question.strip()] = answer.strip()
    return answers


def read_guest_answers(given: Iterable[str] | None, guests: int) -> list[list[Answer]]:
    """The answers of each guest: all of them gave what has no number before it. Raises Invalid."""
    own: list[dict[str, str]] = [{} for _ in range(guests)]
    for text in given or ():
        numbered = _NUMBERED.fullmatch(text)
        if numbered and int(numbered[1]) > guests:
            raise Invalid("answer.guest", number=numbered[1], guests=guests)
        whose = [own[int(numbered[1]) - 1]] if numbered else own
        for answers in whose:
            answers |= read_answers([numbered[2] if numbered else text])
    return [[Answer(*pair) for pair in answers.items()] for answers in own]


def check_asked(
    tx: Tx, org_id: OrgId, event_id: EventId, names: Iterable[str], known: Iterable[str] = ()
) -> None:
    """Raise Invalid for a name that is no question of an event which asks some; those that were
    answered before are `known`."""
    questions = list_questions(tx, org_id, event_id, is_all=True)
    asked = [question.name for question in questions if not question.is_removed]
    keys = {question_key(name) for name in (*known, *(question.name for question in questions))}
    for name in names if asked else ():
        if question_key(name) not in keys:
            raise Invalid("answer.unknown", question=name, known=asked)
