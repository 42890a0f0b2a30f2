"""Calls to integrators: an outbox that survives, and the outcome of each call."""
