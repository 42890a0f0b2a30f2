"""The statements of the door, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.door")
