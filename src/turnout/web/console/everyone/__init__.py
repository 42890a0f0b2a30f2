"""Everybody whom an organization knows, over all of its events."""
