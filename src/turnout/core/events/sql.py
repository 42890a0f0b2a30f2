"""The statements of the programme, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.events")
