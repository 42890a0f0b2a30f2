"""One person at one event over all worlds, as one timeline."""
