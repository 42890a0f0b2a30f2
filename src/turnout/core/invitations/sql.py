"""The statements of invitations, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.invitations")
