"""An event whose form asks, and people who answer at its doors."""

from typing import Any

from tests.support.builder import contact
from tests.support.node import Account, LocalNode
from turnout.core.audit.recording import Entry, list_entries
from turnout.core.ids import EventId, RegistrationId
from turnout.core.questions.editing import (
    NOUN,
    QuestionChange,
    add_question,
    change_question,
    remove_question,
)
from turnout.core.questions.model import Answer, Kind, Question
from turnout.core.questions.reading import get_question, list_questions
from turnout.core.registrations.booking import lock_registration
from turnout.core.registrations.changing import add_by_staff


class Form:
    """The questions of an account's event."""

    def __init__(self, node: LocalNode, account: Account) -> None:
        self.node, self.org_id, self.event_id = node, account.org_id, account.event.id

    def add(
        self, name: str, kind: Kind = Kind.TEXT, *, event_id: EventId | None = None, **more: Any
    ) -> Question:
        change = QuestionChange(name=name, kind=kind, **more)
        where = event_id or self.event_id
        return self.node.db.call(add_question, self.org_id, where, change, actor="t")

    def change(self, question: Question, **facts: Any) -> Question:
        change = QuestionChange(**facts)
        whose = (self.org_id, self.event_id, question.id)
        return self.node.db.call(change_question, *whose, change, actor="t")

    def remove(self, question: Question) -> bool:
        whose = (self.org_id, self.event_id, question.id)
        return self.node.db.call(remove_question, *whose, actor="t")

    def listed(self, event_id: EventId | None = None, *, is_all: bool = False) -> list[Question]:
        where = event_id or self.event_id
        return self.node.db.call(list_questions, self.org_id, where, is_all=is_all)

    def get(self, question: Question) -> Question:
        return self.node.db.call(get_question, self.org_id, self.event_id, question.id)

    def audit(self, question: Question) -> list[Entry]:
        return self.node.db.call(list_entries, self.org_id, NOUN, question.id)

    def register(self, name: str, *answers: Answer, **options: Any) -> RegistrationId:
        """Staff register somebody."""
        made = self.node.db.call(
            add_by_staff,
            self.org_id,
            self.event_id,
            contact(name),
            answers=answers,
            is_mailed=False,
            actor="t",
            **options,
        )
        return made.registration_id

    def answers(self, registration_id: RegistrationId) -> dict[str, str]:
        """What a registration keeps, by question."""
        kept = self.node.db.call(lock_registration, self.org_id, registration_id)
        return {given.question: given.answer for given in kept.submitted.answers}
