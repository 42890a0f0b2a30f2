"""The statements of the site's address, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.core.site")
