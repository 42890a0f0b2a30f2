"""The statements of the audit, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.audit")
