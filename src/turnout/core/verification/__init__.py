"""Verification codes: sent to somebody, and held against what they enter."""
