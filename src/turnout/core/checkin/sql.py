"""The statements of check-in, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.checkin")
