"""The statements of maintenance, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.maintenance")
