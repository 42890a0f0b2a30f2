"""A carrier that behaves like a network and reaches nobody; see README.md."""

from turnout.carriers.simulator.carrier import SimulatorCarrier
from turnout.carriers.simulator.settings import SimulatorSettings

__all__ = ["SimulatorCarrier", "SimulatorSettings"]
