"""What viewers send from a watch page: a question, a vote, answers of a poll or survey.

The page has one form, and each button of it says what it does: so whatever else was being typed
comes along, and stays on the page that answers, with scripts and without.
"""

from collections.abc import Mapping
from typing import NamedTuple

from turnout.core.audience.surveys import Survey
from turnout.core.ids import SurveyId
from turnout.errors import Invalid

# What buttons do, and the parts of the page that then say what was done.
ASK, ANSWER, VOTE, UNVOTE = "ask", "answer", "vote", "unvote"
VOTES = (VOTE, UNVOTE)
LIVE, SURVEY = "live", "survey-"
QUESTION = "question"
# The page is asked for in another language, with all that was typed.
SWITCH = "switch"
Given = Mapping[str, str]


class Sent(NamedTuple):
    """What a button sent: what it does, to the thing of that number, and all that was typed."""

    act: str
    number: str
    given: Given

    @property
    def part(self) -> str:
        """The id of the part of the page that it is of."""
        if self.act in VOTES:
            return LIVE
        return ASK if self.act == ASK else f"{SURVEY}{self.number}"

    @property
    def answers(self) -> dict[int, str]:
        """What was answered, by the number of the item."""
        begin = f"item-{self.number}-"
        return {
            int(name.removeprefix(begin)): value
            for name, value in self.given.items()
            if name.startswith(begin) and is_number(name.removeprefix(begin))
        }

    @property
    def rest(self) -> Given:
        """What was typed for other buttons."""
        own = f"item-{self.number}-" if self.act == ANSWER else "\0"
        typed = {name: value for name, value in self.given.items() if not name.startswith(own)}
        typed.pop("do", None)
        if self.act == ASK:
            typed.pop(QUESTION, None)
        return typed

    def read_number(self) -> int:
        """Raises Invalid."""
        if not is_number(self.number):
            raise Invalid("watch.act")
        return int(self.number)


def read_sent(given: Given) -> Sent:
    """What was sent, also from a page that was opened before its forms were one."""
    act, _, number = given.get("do", "").partition("-")
    if act:
        return Sent(act, number, given)
    act = given.get("act", "")
    if act in VOTES:
        return Sent(act, given.get(QUESTION, ""), {})
    if act == ASK:
        return Sent(ASK, "", {QUESTION: given.get(QUESTION, "")})
    number = given.get("survey", "")
    items = {
        name.replace("item-", f"item-{number}-", 1): value
        for name, value in given.items()
        if name.startswith("item-")
    }
    return Sent(ANSWER, number, items)


def is_more_typed(
    surveys: list[Survey], answers: Mapping[tuple[SurveyId, int], str], rest: Given
) -> bool:
    """Whether something stands in `rest` that is not kept yet, an answer that was emptied too."""
    kept = {
        f"item-{survey.id}-{number}": answers.get((survey.id, number), "")
        for survey in surveys
        for number in range(len(survey.items))
    }
    return any(value != kept.get(name, "") for name, value in rest.items())


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
