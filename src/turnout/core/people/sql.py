"""The statements of people, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.people")
