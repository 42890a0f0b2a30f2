"""The statements of the store, shared by its modules."""

from turnout.store.statements import Statements

sql = Statements("turnout.store")
