"""The statements of certificates, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.certificates")
