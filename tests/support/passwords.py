"""Hashes that cost nothing, for passwords that tests make and check in their own process.

A real one takes 150 ms of all cores and 64 MiB. Servers in processes of their own make real ones.
"""

from argon2 import PasswordHasher

from turnout.core.identity import passwords


def hash_cheaply() -> None:
    """Take argon2's least costs from now on. What others hashed can be checked as before."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
