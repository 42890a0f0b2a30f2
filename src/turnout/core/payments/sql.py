"""The statements of payments, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.payments")
