"""What is asked of a browser's authenticator, and how its answers are judged: WebAuthn.

Loaded where the first passkey is met (core/identity/passkeys.py): the library is a tenth of what a
server loads. Handles, keys and challenges go in and out as base64url.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from turnout.core.identity.model import User


class Made(NamedTuple):
    """A passkey that an authenticator made."""

    handle: str
    public_key: str
    sign_count: int


def ask_to_make(user: User, party: str, known: Iterable[str]) -> tuple[str, str]:
    """What a browser needs to make a passkey, as JSON, and the challenge in it. An authenticator
    that has one of the `known` handles makes no second one."""
    options = webauthn.generate_registration_options(
        rp_id=party,
        rp_name="Turnout",
        user_id=f"{user.org_id}:{user.id}".encode(),
        user_name=user.user_code,
        user_display_name=user.name,
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(handle)) for handle in known
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return webauthn.options_to_json(options), bytes_to_base64url(options.challenge)


def ask_to_show(party: str) -> tuple[str, str]:
    """What a browser needs to show a passkey, as JSON, and the challenge in it."""
    options = webauthn.generate_authentication_options(
        rp_id=party, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options), bytes_to_base64url(options.challenge)


def find_challenge(credential: dict[str, Any]) -> str | None:
    """The challenge that a browser's answer is about; None for what is no answer."""
    try:
        client = parse_client_data_json(
            base64url_to_bytes(credential["response"]["clientDataJSON"])
        )
    except (ValueError, KeyError, TypeError, WebAuthnException):
        return None
    return bytes_to_base64url(client.challenge)


def judge_made(credential: dict[str, Any], challenge: str, party: str, origin: str) -> Made | None:
    """The passkey in an answer to `ask_to_make`; None where the answer is wrong."""
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party,
            expected_origin=origin,
            require_user_verification=True,
        )
    except WebAuthnException:
        return None
    return Made(
        bytes_to_base64url(made.credential_id),
        bytes_to_base64url(made.credential_public_key),
        made.sign_count,
    )


def judge_shown(
    credential: dict[str, Any], challenge: str, party: str, origin: str, passkey: Made
) -> int | None:
    """The authenticator's new count of uses in an answer to `ask_to_show`; None where the answer
    is wrong."""
    try:
        shown = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except WebAuthnException:
        return None
    return shown.new_sign_count
