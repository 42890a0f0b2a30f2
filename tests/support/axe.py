"""What axe, a checker of accessibility, finds on a page that a browser shows."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Error, Page

AXE = (Path(__file__).parent / "axe.min.js").read_text()
MOST_CHANGES = 3
# What is found comes back in a few words: all of it is half as large as the page. Only a rule
# about sound has to load anything first.
RUN = """window.axe && axe.run({
  resultTypes: ["violations"], preload: !!document.querySelector("audio, video"),
}).then(({ passes, violations }) => ({ passes: passes.length, violations:
  violations.map(({ id, nodes: [first] }) => `${id}: ${first.html.slice(0, 300)}`) }))"""


def find_violations(tab: Page) -> list[str]:
    """What axe finds, in a line each: the rule, and the first place where it is broken.

    A page that is left while axe looks at it, for a form was sent just before, is no finding: axe
    looks at the page that comes instead.
    """
    for left in reversed(range(MOST_CHANGES)):
        try:
            found = _run(tab)
        except Error as error:
            if not left or "Execution context was destroyed" not in error.message:
                raise
            tab.wait_for_load_state()
        else:
            break
    assert found["passes"] > 10
    return list(found["violations"])


def _run(tab: Page) -> Any:
    """What axe says; it is there already where the same page was looked at before."""
    if found := tab.evaluate(RUN):
        return found
    tab.evaluate(AXE)
    return tab.evaluate(RUN)
