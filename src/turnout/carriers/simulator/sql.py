"""The statements of the simulator, shared by its modules."""

from turnout.store import Statements

sql = Statements("turnout.carriers.simulator")
