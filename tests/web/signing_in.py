"""Signing in on the pages as a browser does, without one."""

import re
from urllib.parse import urlencode

from tests.support.client import Answer, AppClient

PATH = "/console/sign-in"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def open_form(client: AppClient, target: str = PATH) -> dict[str, str]:
    """The headers and the token with which the sign-in form is sent: `cookie` and `token`."""
    page = client.request("GET", target, headers={"Accept": "text/html"})
    (token,) = re.findall(r'name="token" value="([^"]+)"', page.body.decode())
    return {"cookie": page.headers["set-cookie"].partition(";")[0], "token": token}


def send_form(client: AppClient, user_code: str, password: str, **more: str) -> Answer:
    """The answer to a sign-in form that was just opened."""
    form = open_form(client)
    fields = {"user_code": user_code, "password": password, "token": form["token"]} | more
    headers = FORM | {"Cookie": form["cookie"], "Accept": "text/html"}
    return client.request("POST", PATH, headers=headers, body=urlencode(fields).encode())


def sign_in(client: AppClient, user_code: str, password: str) -> dict[str, str]:
    """The headers of somebody who has signed in."""
    answer = send_form(client, user_code, password)
    assert answer.status == 303, answer.body
    return {"Cookie": session_cookie(answer)}


def session_cookie(answer: Answer) -> str:
    """The cookie of the session that an answer begins."""
    found = re.findall(r"(?:__Host-)?turnout-session=[^;,]+", answer.headers["set-cookie"])
    [cookie] = found
    return str(cookie)
