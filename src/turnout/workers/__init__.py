"""Loops that do what was put off: the queues, and the small housekeeping of a node."""
