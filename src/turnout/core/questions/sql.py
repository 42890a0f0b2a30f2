"""The statements of questions, shared by their modules."""

from turnout.store import Statements

sql = Statements("turnout.core.questions")
