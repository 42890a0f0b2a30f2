"""The waiting list of an event: entries, their order, and offers that hold places."""
