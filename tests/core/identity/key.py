"""A passkey in software: what a browser and its authenticator answer to our options."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class SoftKey:
    """An authenticator with one passkey for `origin`; `counter` goes up with each use."""

    origin: str
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    handle: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def party(self) -> str:
        return self.origin.partition("://")[2].partition(":")[0]

    def make(self, options: str) -> str:
        """The answer to options for a new passkey."""
        numbers = self.private.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: _size(numbers.x), -3: _size(numbers.y)}
        attested = bytes(16) + len(self.handle).to_bytes(2, "big") + self.handle
        data = self._data(ATTESTED) + attested + cbor2.dumps(public)
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        client = self._client("webauthn.create", options)
        response = {"clientDataJSON": client, "attestationObject": encode(cbor2.dumps(statement))}
        return self._answer(response)

    def show(self, options: str) -> str:
        """The answer to options for a sign-in."""
        self.counter += 1
        client = self._client("webauthn.get", options)
        data = self._data()
        signed = data + hashlib.sha256(base64.urlsafe_b64decode(client + "==")).digest()
        signature = self.private.sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": client,
            "authenticatorData": encode(data),
            "signature": encode(signature),
        }
        return self._answer(response)

    def _data(self, more: int = 0) -> bytes:
        party = hashlib.sha256(self.party.encode()).digest()
        return party + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, options: str) -> str:
        challenge = json.loads(options)["challenge"]
        said = {"type": kind, "challenge": challenge, "origin": self.origin}
        return encode(json.dumps(said).encode())

    def _answer(self, response: dict[str, str]) -> str:
        handle = encode(self.handle)
        answer = {"id": handle, "rawId": handle, "type": "public-key", "response": response}
        return json.dumps(answer | {"clientExtensionResults": {}})


def _size(number: int) -> bytes:
    return number.to_bytes(32, "big")
