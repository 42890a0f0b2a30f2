"""Questions without a database."""

from typing import Any

from turnout.core.ids import EventQuestionId
from turnout.core.questions.model import Kind, Question


def asked(name: str, kind: Kind = Kind.TEXT, id_: int = 1, **more: Any) -> Question:
    """A question that is asked with every ticket type."""
    facts: dict[str, Any] = {
        "position": id_,
        "label": name,
        "hint": "",
        "choices": (),
        "is_required": False,
        "ticket_type_ids": (),
        "version": 0,
        "text": "",
        "is_answered": False,
        "is_removed": False,
    }
    return Question(id=EventQuestionId(id_), name=name, kind=kind, **(facts | more))
