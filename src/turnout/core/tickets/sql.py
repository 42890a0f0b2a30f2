"""The statements of tickets, shared by their modules."""

from turnout.store import Statements

sql = Statements("turnout.core.tickets")
