"""The bar of a command that works through steps with names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from turnout.cli.app import errors

ShowStep = Callable[[str, float, int], None]
"""Called with the step's name, how much is done, and of how much."""


@contextmanager
def steps_bar(text: str, *, is_transient: bool = False) -> Iterator[ShowStep]:
    """A bar on standard error, where that is a terminal; it appears with the first step."""
    bar = Progress(
        TextColumn(text),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=is_transient,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None, visible=False)

        def show(step: str, done: float, total: int) -> None:
            bar.update(task, description=step, completed=done, total=total, visible=True)

        yield show
