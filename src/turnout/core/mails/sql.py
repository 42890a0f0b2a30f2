"""The statements of mails' texts, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.mails")
