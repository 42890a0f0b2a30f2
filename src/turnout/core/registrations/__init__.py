"""Registrations: one person at one event, and the sessions booked with it."""
