"""The statements of erasure, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.erasure")
