"""A question of an event, and an answer to one."""

import enum

import msgspec

from turnout.core.ids import EventQuestionId, TicketTypeId


class Kind(enum.StrEnum):
    """What an answer is."""

    TEXT = "text"
    LONG_TEXT = "long-text"
    NUMBER = "number"
    CHOICE = "choice"
    SEVERAL = "several"
    DATE = "date"
    YES_NO = "yes-no"
    AGREEMENT = "agreement"
    PHONE = "phone"
    COUNTRY = "country"


class Way(enum.StrEnum):
    """A way to reach people, named as messaging names it."""

    EMAIL = "email"
    SMS = "sms"
    CALL = "call"


WITH_CHOICES = frozenset({Kind.CHOICE, Kind.SEVERAL})
YES, NO = "yes", "no"


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was answered to a question, by its name. An agreement says to which version of its text,
    and when (epoch ms)."""

    question: str
    answer: str
    version: int = 0
    agreed_at: int = 0


class AgreementText(msgspec.Struct, frozen=True):
    """What was agreed to, in Markdown. `created_at` in epoch ms."""

    version: int
    text: str
    created_at: int


class Question(msgspec.Struct, frozen=True):
    """What an event asks. `name` is what APIs, files, merge fields and reports call it, and the
    same in any case; `label` is what people read. `ticket_type_ids`: asked with these alone, none =
    with all. `version` counts an agreement's texts, of which `text` (Markdown) is the newest. One
    that is removed is not asked any more; what was answered stays. `consents` are the ways of
    marketing that an agreement is to (core/messaging/consents.py). `is_at_door`: phones at the door
    show the answer, and ask for an agreement that was not agreed to."""

    id: EventQuestionId
    position: int
    name: str
    kind: Kind
    label: str
    hint: str
    choices: tuple[str, ...]
    is_required: bool
    ticket_type_ids: tuple[TicketTypeId, ...]
    version: int
    text: str
    is_answered: bool
    is_removed: bool
    consents: tuple[Way, ...] = ()
    is_at_door: bool = False

    def is_asked_with(self, ticket_type_id: TicketTypeId) -> bool:
        """Whether it is asked of those who want such a ticket."""
        return not self.ticket_type_ids or ticket_type_id in self.ticket_type_ids
