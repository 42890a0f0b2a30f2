"""A carrier that behaves like a network and reaches nobody; see README.md."""

from turnout.carriers import Network
from turnout.carriers.simulator.carrier import SimulatorCarrier
from turnout.carriers.simulator.settings import SimulatorSettings

__all__ = ["NETWORK", "SimulatorCarrier", "SimulatorSettings"]

NETWORK = Network(
    name="simulator",
    channels=SimulatorCarrier.channels,
    settings=SimulatorSettings,
    make=lambda _name, settings, house: SimulatorCarrier(settings, house.db),
)
