"""Calls to integrators: an outbox that survives, and what became of each call."""
