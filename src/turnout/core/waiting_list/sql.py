"""The statements of the waiting list, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.waiting_list")
