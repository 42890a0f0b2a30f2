"""The statements of the journeys, shared by their modules."""

from turnout.store import Statements

sql = Statements("turnout.core.journeys")
