"""Turnout: one self-hosted server for everything around an event."""

__version__ = "0.1.0"
