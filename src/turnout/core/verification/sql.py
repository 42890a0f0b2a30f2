"""The statements of verification, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.verification")
