"""The statements of exams, shared by their modules."""

from turnout.store import Statements

sql = Statements("turnout.core.exams")
