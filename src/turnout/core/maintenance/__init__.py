"""Upkeep of an installation: work set aside, a clock that was set, new rules of time zones."""
