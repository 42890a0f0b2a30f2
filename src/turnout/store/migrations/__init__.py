"""Schema migrations with Alembic, forward from any released state, on both databases.

Alembic is imported only here and runs in a process of its own (`turnout migrate`), so that a
server does not carry it. Two nodes may call it at once: the second waits for the first.
"""
