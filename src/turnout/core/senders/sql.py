"""The statements of senders, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.senders")
