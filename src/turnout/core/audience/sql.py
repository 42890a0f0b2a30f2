"""The statements of the audience, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.audience")
