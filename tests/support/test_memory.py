"""What the measure of memory sees."""

from tests.support.memory import measure

MEGABYTE = 1024 * 1024


def take(megabytes: int) -> int:
    """Hold so much at once, and let it go."""
    return len(b"x" * (megabytes * MEGABYTE))


def test_what_was_held_for_a_moment_is_seen() -> None:
    held, grown = measure(take, 1, 64)
    assert held == 64 * MEGABYTE
    assert 63 * MEGABYTE < grown < 80 * MEGABYTE
