"""The statements of callbacks, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.callbacks")
