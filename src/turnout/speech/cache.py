"""What was said is kept, by voice, speed and text: a header that ten thousand people hear is spoken
once. A folder of files with a size limit; what was not heard for longest goes first."""

import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from turnout.speech.voices import EngineVoice

_SUFFIX = ".s16"


class Cache:
    """Files of one folder, that this process alone writes."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self.folder = folder
        self._most = most_bytes
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0

    def find(self, name: str) -> Path | None:
        """The file of that name, and it is now the last to go."""
        if name not in self._sizes:
            return None
        path = self.folder / name
        if not path.exists():  # A system cleans its temporary folders.
            self._total -= self._sizes.pop(name)
            return None
        self._sizes.move_to_end(name)
        return path

    def add(self, name: str, size: int) -> Path:
        """A file is there. Others go where there is too much; never this one."""
        self._total += size - self._sizes.pop(name, 0)
        self._sizes[name] = size
        while self._total > self._most and len(self._sizes) > 1:
            oldest, its_size = self._sizes.popitem(last=False)
            self._total -= its_size
            with contextlib.suppress(FileNotFoundError):
                (self.folder / oldest).unlink()
        return self.folder / name

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return self._total


def name_of(engines: Sequence[EngineVoice], speed: float, text: str) -> str:
    """The name of the file for a text: the same for the same voice, speed and text."""
    key = "\n".join([",".join(map(str, engines)), f"{speed:.2f}", text])
    return hashlib.sha256(key.encode()).hexdigest() + _SUFFIX
