"""The statements of this noun."""

from turnout.store import Statements

sql = Statements("turnout.core.windows")
