"""Passkeys as a browser has them, with an authenticator that Chromium plays (CDP, WebAuthn)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.support.chromium import open_browser
from tests.support.ports import free_port
from tests.support.server import Server
from tests.web.test_browser import sign_in

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A demo at `localhost`, where browsers have passkeys without https, and its address."""
    port = free_port()
    base = f"http://localhost:{port}"
    with Server(tmp_path_factory.mktemp("passkeys"), port=port, base_url=base) as server:
        yield server, base


def test_a_passkey_is_added_and_signs_in(local: tuple[Server, str]) -> None:
    server, base = local
    account = f"{base}/console/rail-forum/account"
    with open_browser() as browser:
        tab = browser.new_page()
        admin = server.demo["messaging"]["admin"]
        tab.goto(f"{base}/console/sign-in?next=/console")
        sign_in(tab, admin["username"], admin["password"])
        cdp, authenticator = play_authenticator(tab)
        tab.goto(account)
        tab.get_by_label("Name of the new passkey").fill("Work laptop")
        tab.get_by_role("button", name="Add a passkey").click()
        expect(tab.get_by_role("alert")).to_have_text(
            "This is not your present password.", timeout=20_000
        )
        tab.locator("#f-own").fill(admin["password"])
        with tab.expect_navigation():
            tab.get_by_role("button", name="Add a passkey").click()
        # The first second step comes with codes, shown once.
        codes = tab.locator("section", has_text="Recovery codes").locator("li code")
        expect(codes).to_have_count(10, timeout=20_000)
        row = tab.get_by_role("row", name="Work laptop")
        expect(row).to_contain_text("never")
        expect(tab.locator("#two-step")).to_contain_text("10 recovery codes are left")
        tab.locator("summary.avatar").click()
        with tab.expect_navigation():
            tab.get_by_role("button", name="Sign out").click()

        tab.goto(f"{base}/console/sign-in")
        verified = {"authenticatorId": authenticator, "isUserVerified": False}
        cdp.send("WebAuthn.setUserVerified", verified)
        tab.get_by_role("button", name="Use a passkey").click()
        expect(tab.get_by_role("alert")).to_have_text(
            "The passkey did not work here. Use your password."
        )
        cdp.send("WebAuthn.setUserVerified", verified | {"isUserVerified": True})
        with tab.expect_navigation():
            tab.get_by_role("button", name="Use a passkey").click()
        expect(tab).to_have_url(f"{base}/console")
        tab.goto(account)
        expect(row).not_to_contain_text("never")
        # Anyone who has one is asked for it, or for a recovery code, after the password too.
        tab.locator("summary.avatar").click()
        with tab.expect_navigation():
            tab.get_by_role("button", name="Sign out").click()
        tab.goto(f"{base}/console/sign-in?next=/console/rail-forum/account")
        tab.get_by_label("Email address or user name").fill(admin["username"])
        tab.get_by_label("Password", exact=True).fill(admin["password"])
        tab.get_by_role("button", name="Sign in", exact=True).press("Enter")
        expect(tab).to_have_url(re.compile("/console/sign-in/step"), timeout=20_000)
        cdp.send("WebAuthn.setUserVerified", verified)
        tab.get_by_role("button", name="Use a passkey").click()
        expect(tab.get_by_role("alert")).to_have_text(
            "The passkey did not work here. Try again, or write a code."
        )
        cdp.send("WebAuthn.setUserVerified", verified | {"isUserVerified": True})
        with tab.expect_navigation():
            tab.get_by_role("button", name="Use a passkey").click()
        expect(tab).to_have_url(account, timeout=20_000)


def play_authenticator(tab: Page) -> tuple[CDPSession, str]:
    """A passkey device of this browser, and its name; it agrees at once."""
    cdp = tab.context.new_cdp_session(tab)
    cdp.send("WebAuthn.enable")
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return cdp, made["authenticatorId"]
