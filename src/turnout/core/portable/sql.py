"""The statements of portable events, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.portable")
