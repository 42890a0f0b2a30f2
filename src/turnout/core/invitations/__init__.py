"""Invitations: campaigns, and the answers of those who were invited."""
