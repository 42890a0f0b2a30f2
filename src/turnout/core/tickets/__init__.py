"""Tickets: what lets a registered person in."""
