"""Reading a page as a browser or a person would: its links, what it loads, its code, its words."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from tests.support.client import Answer, AppClient


def send_form(site: AppClient, path: str, headers: dict[str, str], **given: Any) -> Answer:
    """Send a form as a browser does: 303 leads to the page that says what was done."""
    form = headers | {"Content-Type": "application/x-www-form-urlencoded"}
    return follow(site, site.request("POST", path, headers=form, body=urlencode(given).encode()))


def follow(site: AppClient, answer: Answer) -> Answer:
    """The page to which a 303 leads, with the cookies that it sets; any other answer as it is."""
    if answer.status != 303:
        return answer
    assert (answer.body, answer.headers["cache-control"]) == (b"", "no-store")
    headers = {
        "Accept": "text/html",
        "Cookie": "; ".join(one.partition(";")[0] for one in answer.set_cookies),
    }
    return site.request("GET", answer.headers["location"].partition("#")[0], headers=headers)


class Page(HTMLParser):
    """A page that was read; attributes hold what was found, in the order of the page."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.codes: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self._open: list[str] = []
        self.feed(body.decode())

    @property
    def text(self) -> str:
        """All words, with single blanks between them."""
        return " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.attributes |= set(given)
        self._open.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        if tag == "a":
            self.links.append(given["href"])
        elif "href" in given or "src" in given:
            self.loads.append(given.get("href") or given["src"])
        if tag == "pre":
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.words += data
        if "pre" in self._open:
            self.codes[-1] += data
