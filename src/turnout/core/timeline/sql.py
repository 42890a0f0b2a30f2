"""The statements of timelines, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.timeline")
