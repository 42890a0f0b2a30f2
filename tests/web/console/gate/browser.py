"""A browser of nobody: it keeps cookies, follows links and sends the forms that it was given."""

import re
from typing import Any
from urllib.parse import urlencode

from tests.support.client import Answer, AppClient
from tests.web.signing_in import FORM

COOKIE = re.compile(r"((?:__Host-)?turnout-\w+)=([^;,]*)")


class Gate:
    """The pages before the console. `agent` is what the browser calls itself."""

    def __init__(self, client: AppClient, agent: str = "Mozilla/5.0 (X11; Linux) Firefox/130.0"):
        self.client = client
        self.cookies: dict[str, str] = {}
        self.agent = agent

    def open(self, target: str, **headers: str) -> Answer:
        return self._keep(self.client.request("GET", target, headers=self._headers(headers)))

    def send(self, target: str, page: str | None = None, **fields: Any) -> Answer:
        """The answer to a form of `page`, by default of the address that it is sent to."""
        text = self.open(page or target).body.decode()
        (token, *_) = re.findall(r'name="token" value="([^"]+)"', text)
        return self.post(target, **{"token": token} | fields)

    def post(self, target: str, **fields: Any) -> Answer:
        body = urlencode(fields, doseq=True).encode()
        headers = self._headers(FORM)
        return self._keep(self.client.request("POST", target, headers=headers, body=body))

    def sign_in(self, name: str, password: str, **more: str) -> Answer:
        return self.send("/console/sign-in", user_code=name, password=password, **more)

    @property
    def session(self) -> str:
        return self.cookies.get("turnout-session", "")

    def is_in(self) -> bool:
        return bool(self.session) and self.open("/console").status != 303

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        own = {"Accept": "text/html", "User-Agent": self.agent}
        return own | ({"Cookie": cookies} if cookies else {}) | more

    def _keep(self, answer: Answer) -> Answer:
        for cookie in answer.set_cookies:
            for name, value in COOKIE.findall(cookie):
                self.cookies[name] = value.strip('"')
        return answer
