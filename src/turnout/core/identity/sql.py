"""The statements of identity, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.identity")
