"""The pictures of docs/organizers.md, of a demo as it is seeded: `make shots` makes them again."""

import io
import tempfile
from pathlib import Path

from PIL import Image

from tests.support.chromium import open_browser
from tests.support.server import Server
from tests.web.test_browser import sign_in

IMAGES = Path(__file__).parents[3] / "docs/images"
# By the names of the files: addresses, with the number of the demo's conference.
PICTURES = {
    "console-home": "/console",
    "console-overview": "/console/{event}",
    "console-programme": "/console/{event}/programme",
    "console-people": "/console/{event}/people",
    "console-message": "/console/{event}/messages/new",
    "console-report": "/console/{event}/report",
}
DESK, WIDTH, QUALITY = (1280, 860), 900, 55


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(Path(folder), access_log="false", seeds=True) as server,
        open_browser() as browser,
    ):
        context = browser.new_context(
            viewport={"width": DESK[0], "height": DESK[1]}, reduced_motion="reduce", locale="en-GB"
        )
        tab = context.new_page()
        admin = server.demo["messaging"]["admin"]
        tab.goto(f"{server.url}/console/sign-in?next=/console")
        sign_in(tab, admin["username"], admin["password"])
        for name, path in PICTURES.items():
            event = str(server.demo["reporting" if "report" in path else "attendance"]["eventId"])
            tab.goto(server.url + path.replace("{event}", event))
            keep(name, tab.screenshot(animations="disabled", caret="hide"))


def keep(name: str, shot: bytes) -> None:
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.thumbnail((WIDTH, WIDTH), Image.Resampling.LANCZOS)
    picture.save(IMAGES / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
