"""The statements of registrations, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.registrations")
