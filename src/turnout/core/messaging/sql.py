"""The statements of messaging, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.messaging")
