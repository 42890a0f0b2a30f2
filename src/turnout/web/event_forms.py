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
from turnout.web.refusals import say_to_guest
from turnout.web.typed_addresses import guess_address

LONGEST = 200
FIELDS = ("email", "first_name", "last_name", "company")
FIELD_NAMES = {
    "email": "field.email",
    "first_name": "field.first_name",
    "last_name": "field.last_name",
    "company": "field.company",
}
# The one field of events that ask for a name in one.
ONE_NAME = "field.name"
REGISTER, WAIT = "register", "wait"
# The address about which the page has asked already.
SURE = "sure"
# The fields that a refusal is about; of the others, the text says which.
FAULTY = {
    "contact.email": ("email",),
    "ticket_type.chosen": ("ticket",),
    "ticket_type.offered": ("ticket",),
}
NOTHING: Mapping[str, str] = {}
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
        return " ".join(dict.fromkeys(say_to_guest(fault.refusal) for fault in self.faults))

    def beside(self) -> dict[str, str]:
        """What is said beside the fields, by their names."""
        return {name: say_to_guest(fault.refusal) for fault in self.faults for name in fault.fields}


def take_choice(given: dict[str, str]) -> dict[str, str]:
    """A form whose chosen ticket says what is asked for: `17-wait` waits for a ticket of type 17,
    so there is one button for both."""
    type_id, mark, rest = given.get("ticket", "").partition("-")
    if not mark or rest != WAIT:
        return given
    return given | {"ticket": type_id, "answer": WAIT}


def read_contact(given: Mapping[str, str], *, has_one_name: bool = False) -> Filled:
    """Who fills a form in that asks for nothing else."""
    contact = Contact(**{name: given.get(name, "") for name in FIELDS})
    faults = _find_faults(given, contact, is_chosen=True, has_one_name=has_one_name)
    return Filled(contact, [], {}, list(faults))


def check_fields(
    given: Mapping[str, str], names: Sequence[str], *, has_one_name: bool = False
) -> None:
    """Raise Invalid for the first of these fields (of FIELDS) that cannot be taken; the refusal's
    `fields` name it."""
    for name in names:
        if fault := _judge(name, given.get(name, ""), has_one_name=has_one_name):
            raise fault


def check_named(given: Mapping[str, str], *, has_one_name: bool = False) -> None:
    """Raise Invalid for a form without any name."""
    if not (given.get("first_name") or given.get("last_name")):
        raise _nameless(has_one_name=has_one_name)


def read_filled(
    asked: Sequence[Question],
    given: Mapping[str, str],
    type_id: TicketTypeId | None,
    at: int,
    *,
    needs_address: bool = True,
    has_one_name: bool = False,
) -> Filled:
    """What a form says; `type_id` None = none was chosen that the page offers. With `has_one_name`
    it asks for a name in one field."""
    answers, wrong = read_answers(asked, given, type_id or NO_TYPE, at)
    contact = Contact(**{name: given.get(name, "") for name in FIELDS})
    is_chosen = type_id is not None
    faults = list(
        _find_faults(
            *(given, contact),
            is_chosen=is_chosen,
            needs_address=needs_address,
            has_one_name=has_one_name,
        )
    )
    if wrong:
        faults.append(Fault((), Invalid("form.answers")))
    return Filled(contact, answers, wrong, faults)


def sure_of(given: Mapping[str, str], faults: Mapping[str, str]) -> str:
    """The address about which the page has asked by now, for its form to carry on."""
    email = given.get("email", "")
    return email if "email" in faults or given.get(SURE) == email else ""


def faults_of(refusal: Failure, given: Mapping[str, str] = NOTHING) -> dict[str, str]:
    """What is said beside the fields that a refusal is about which came later; `given` has those of
    each who comes along."""
    names: tuple[str, ...] = FAULTY.get(refusal.code, ())
    if refusal.code == "companions.twice":
        others = [name for name in given if name.endswith("-email")]
        names = tuple(name for name in others if given[name] == refusal.facts["email"])[-1:]
    return dict.fromkeys(names, say_to_guest(refusal))


def _find_faults(
    given: Mapping[str, str],
    contact: Contact,
    *,
    is_chosen: bool,
    needs_address: bool = True,
    has_one_name: bool = False,
) -> Iterator[Fault]:
    """In the order of the page."""
    if (given.get("answer") or REGISTER) not in (REGISTER, WAIT):
        yield Fault((), Invalid("form.answer"))
    if not is_chosen:
        yield Fault(("ticket",), Invalid("ticket_type.chosen"))
    typed = [name for name in FIELDS if name != "email" or needs_address or given.get(name)]
    faulty = {
        name: fault
        for name in typed
        if (fault := _judge(name, given.get(name, ""), has_one_name=has_one_name))
    }
    names = ("first_name", "last_name")
    if not faulty.keys() & set(names) and not (contact.first_name or contact.last_name):
        yield Fault(names, _nameless(has_one_name=has_one_name))
    for name in (*names, "email", "company"):
        if name in faulty:
            yield Fault((name,), faulty[name])
    if "email" not in faulty:
        yield from _ask_about(given)


def _nameless(*, has_one_name: bool) -> Invalid:
    return Invalid("contact.one_name") if has_one_name else Invalid("contact.name")


def _judge(name: str, text: str, *, has_one_name: bool) -> Invalid | None:
    if len(text) > LONGEST:
        own = ONE_NAME if has_one_name and name == "first_name" else FIELD_NAMES[name]
        return Invalid("contact.long", fields={name: []}, field=Phrase(own), limit=LONGEST)
    if not is_line(text):
        return Invalid("contact.text", fields={name: []})
    return _judge_email(text) if name == "email" else None


def _judge_email(text: str) -> Invalid | None:
    if not is_email(text):
        return Invalid("contact.email_typed")
    domain = text.strip().rpartition("@")[2]
    return None if "." in domain else Invalid("contact.email_domain", domain=domain)


def _ask_about(given: Mapping[str, str]) -> Iterator[Fault]:
    """Whether the address was mistyped, unless it was asked before and sent again all the same."""
    email = given.get("email", "")
    guess = guess_address(email)
    if guess and given.get(SURE, "") != email:
        yield Fault(("email",), Invalid("contact.email_typo", guess=guess))
