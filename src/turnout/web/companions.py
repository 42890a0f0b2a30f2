"""The part of an event's form for those whom somebody registers along: `people` says how many there
are, and the fields of the first begin with `p1-`. Buttons add a person and take one off; what was
typed stays, so it works without a script."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from turnout.core.events.model import TicketType
from turnout.core.ids import EventQuestionId, TicketTypeId
from turnout.core.questions.model import Question
from turnout.core.registrations.companions import Companion
from turnout.errors import Invalid
from turnout.web.event_forms import FIELDS, SURE, read_filled, sure_of
from turnout.web.offers import Offer
from turnout.web.questions import Field, names_of, show_fields
from turnout.web.refusals import say_to_guest

PEOPLE, ADD, DROP = "people", "add", "drop"
TICKET = "ticket"
Wrong = Mapping[EventQuestionId, Invalid]


class Read(NamedTuple):
    """Those who come along; what is said beside fields, by their names, and the refusals of
    questions, for each of them."""

    companions: list[Companion]
    faults: dict[str, str]
    wrong: list[Wrong]


class Shown(NamedTuple):
    """Somebody who comes along, as the form shows them: the `prefix` of their fields, the questions
    that they are asked, the type that is chosen, and the address about which the page asked."""

    number: int
    prefix: str
    questions: list[Field]
    ticket: str
    sure: str


def count_people(given: Mapping[str, str], most: int) -> int:
    """How many come along, by what a form says."""
    text = given.get(PEOPLE, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def list_prefixes(given: Mapping[str, str], most: int) -> list[str]:
    """With what the names of the fields begin of each who comes along, as the form says."""
    return [_prefix(number) for number in range(1, count_people(given, most) + 1)]


def list_names(asked: Sequence[Question], most: int) -> list[str]:
    """The names of all fields that a form may send for so many."""
    own = (*FIELDS, TICKET, SURE, *names_of(asked))
    return [PEOPLE, *(f"{_prefix(n)}{name}" for n in range(1, most + 1) for name in own)]


def press(given: Mapping[str, str], most: int) -> dict[str, str] | None:
    """The form after a button that adds somebody or takes one off; None = none was pressed."""
    count = count_people(given, most)
    if ADD in given:
        return {**given, PEOPLE: str(min(count + 1, most))}
    dropped = given.get(DROP, "")
    if not dropped:
        return None
    if not dropped.isascii() or not dropped.isdigit() or not 1 <= int(dropped[:4]) <= count:
        return dict(given)
    gone = int(dropped)
    kept = {name: text for name, text in given.items() if not _number_of(name)}
    for number in (n for n in range(1, count + 1) if n != gone):
        new = _prefix(number - (number > gone))
        kept |= {f"{new}{name}": text for name, text in _own(given, number).items()}
    return {**kept, PEOPLE: str(count - 1)}


def read_companions(
    asked: Sequence[Question],
    given: Mapping[str, str],
    most: int,
    offered: Sequence[TicketType],
    sender_type: TicketTypeId | None,
    at: int,
    *,
    has_one_name: bool,
) -> Read:
    """What a form says of those who come along; one who chose no type has the sender's."""
    companions, faults, wrong = [], {}, []
    types = {str(kind.id): kind.id for kind in offered}
    for number in range(1, count_people(given, most) + 1):
        own = _own(given, number)
        chosen = types.get(own.get(TICKET, "")) if own.get(TICKET) else sender_type
        filled = read_filled(asked, own, chosen, at, needs_address=False, has_one_name=has_one_name)
        wrong.append(filled.wrong)
        for name, said in filled.beside().items():
            faults[f"{_prefix(number)}{name}"] = said
        if chosen is not None:
            companions.append(Companion(filled.contact, chosen, filled.answers))
    return Read(companions, faults, wrong)


def say_wrong(wrong: Sequence[Wrong]) -> str:
    """What is said of the form as a whole where questions are not answered."""
    return say_to_guest(Invalid("form.answers")) if any(wrong) else ""


def show_companions(
    asked: Sequence[Question],
    given: Mapping[str, str],
    most: int,
    offered: Sequence[TicketType],
    wrong: Sequence[Wrong],
    faults: Mapping[str, str],
) -> list[Shown]:
    """Those who come along, as the form shows them."""
    shown = []
    for number in range(1, count_people(given, most) + 1):
        own, prefix = _own(given, number), _prefix(number)
        known = wrong[number - 1] if number <= len(wrong) else {}
        fields = [_rename(field, prefix) for field in show_fields(asked, offered, own, known)]
        faulty = {name.removeprefix(prefix): said for name, said in faults.items()}
        shown.append(Shown(number, prefix, fields, own.get(TICKET, ""), sure_of(own, faulty)))
    return shown


def list_free(offers: Sequence[Offer]) -> list[Offer]:
    """The types that those who come along may choose: none has a waiting list for them."""
    return [offer for offer in offers if not offer.is_out]


def _prefix(number: int) -> str:
    return f"p{number}-"


def _number_of(name: str) -> int:
    """Whose field it is; 0 = the sender's, or the form's."""
    head, mark, _ = name.partition("-")
    is_own = bool(mark) and head[:1] == "p" and head[1:].isascii() and head[1:].isdigit()
    return int(head[1:]) if is_own and len(head) < 4 else 0


def _own(given: Mapping[str, str], number: int) -> dict[str, str]:
    """What a form says of one, by the names that the sender's fields have."""
    prefix = _prefix(number)
    return {
        name.removeprefix(prefix): text for name, text in given.items() if name.startswith(prefix)
    }


def _rename(field: Field, prefix: str) -> Field:
    options: list[Any] = [
        option._replace(name=f"{prefix}{option.name}") for option in field.options
    ]
    said = " ".join(f"{prefix}{part}" for part in field.said.split())
    return field._replace(id=f"{prefix}{field.id}", options=options, said=said)
