"""Distributors, agents, organizations, users, and what proves who somebody is."""
