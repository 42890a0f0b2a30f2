"""The form of an event's page, read as a whole: all that is wrong with it is said in one answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from turnout.catalogue import Phrase
from turnout.core.ids import EventQuestionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer, Question
from turnout.core.text import is_email, is_line
from turnout.errors import Failure, Invalid
from turnout.web.questions import read_answers
from turnout.web.refusals import say_refusal

LONGEST = 200
FIELDS = ("email", "first_name", "last_name", "company")
FIELD_NAMES = {
    "email": "field.email",
    "first_name": "field.first_name",
    "last_name": "field.last_name",
    "company": "field.company",
}
REGISTER, WAIT = "register", "wait"
# The fields that a refusal is about; of the others, the text says which.
FAULTY = {
    "contact.email": ("email",),
    "ticket_type.chosen": ("ticket",),
    "ticket_type.offered": ("ticket",),
}
# What a browser never sends from the form, which has these limits itself.
MALFORMED = ("contact.long", "form.answer")
# Stands for no ticket type: the questions that are asked with every one are asked with it.
NO_TYPE = TicketTypeId(0)


class Fault(NamedTuple):
    """What is wrong with some fields."""

    fields: tuple[str, ...]
    refusal: Invalid


class Filled(NamedTuple):
    """What was typed, and all that cannot be taken; `wrong` are the questions' own refusals."""

    contact: Contact
    answers: list[Answer]
    wrong: Mapping[EventQuestionId, Invalid]
    faults: list[Fault]

    @property
    def is_malformed(self) -> bool:
        return any(fault.refusal.code in MALFORMED for fault in self.faults)

    def say(self) -> str:
        """All that is wrong, each sentence once."""
        return " ".join(dict.fromkeys(say_refusal(fault.refusal) for fault in self.faults))

    def beside(self) -> dict[str, str]:
        """What is said beside the fields, by their names."""
        return {name: say_refusal(fault.refusal) for fault in self.faults for name in fault.fields}


def read_filled(
    asked: Sequence[Question], given: Mapping[str, str], type_id: TicketTypeId | None, at: int
) -> Filled:
    """What a form says; `type_id` None = none was chosen that the page offers."""
    answers, wrong = read_answers(asked, given, type_id or NO_TYPE, at)
    contact = Contact(**{name: given.get(name, "") for name in FIELDS})
    faults = list(_find_faults(given, contact, is_chosen=type_id is not None))
    if wrong:
        faults.append(Fault((), Invalid("form.answers")))
    return Filled(contact, answers, wrong, faults)


def faults_of(refusal: Failure) -> dict[str, str]:
    """What is said beside the fields that a refusal is about which came later."""
    return dict.fromkeys(FAULTY.get(refusal.code, ()), say_refusal(refusal))


def _find_faults(given: Mapping[str, str], contact: Contact, *, is_chosen: bool) -> Iterator[Fault]:
    """In the order of the page."""
    if given.get("answer", REGISTER) not in (REGISTER, WAIT):
        yield Fault((), Invalid("form.answer"))
    if not is_chosen:
        yield Fault(("ticket",), Invalid("ticket_type.chosen"))
    faulty = {name: fault for name in FIELDS if (fault := _judge(name, given.get(name, "")))}
    names = ("first_name", "last_name")
    if not faulty.keys() & set(names) and not (contact.first_name or contact.last_name):
        yield Fault(names, Invalid("contact.name"))
    for name in (*names, "email", "company"):
        if name in faulty:
            yield Fault((name,), faulty[name])


def _judge(name: str, text: str) -> Invalid | None:
    if len(text) > LONGEST:
        return Invalid("contact.long", field=Phrase(FIELD_NAMES[name]), limit=LONGEST)
    if not is_line(text):
        return Invalid("contact.text")
    return _judge_email(text) if name == "email" else None


def _judge_email(text: str) -> Invalid | None:
    if not is_email(text):
        return Invalid("contact.email_typed")
    domain = text.strip().rpartition("@")[2]
    return None if "." in domain else Invalid("contact.email_domain", domain=domain)
