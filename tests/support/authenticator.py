"""A passkey authenticator in software: what a phone or security key does, for tests without one.

ES256 and attestation "none" (WebAuthn Level 3 § 6, § 8.7); it always says that the user was
verified.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

_UP_UV = 0x05
_AT = 0x40


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@dataclass
class Authenticator:
    """One device with its passkeys; each belongs to a host."""

    origin: str
    keys: dict[bytes, ec.EllipticCurvePrivateKey] = field(default_factory=dict)

    def create(self, options: str) -> str:
        """Answer registration options with a new credential, as JSON."""
        asked = json.loads(options)
        key = ec.generate_private_key(ec.SECP256R1())
        credential_id = os.urandom(32)
        self.keys[credential_id] = key
        point = key.public_key().public_numbers()
        cose = {
            1: 2,
            3: -7,
            -1: 1,
            -2: point.x.to_bytes(32, "big"),
            -3: point.y.to_bytes(32, "big"),
        }
        attested = bytes(16) + len(credential_id).to_bytes(2, "big") + credential_id
        data = self._data(asked["rp"]["id"], _UP_UV | _AT) + attested + cbor2.dumps(cose)
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"])
        response = {"clientDataJSON": _b64(client), "attestationObject": _b64(statement)}
        return self._credential(credential_id, response)

    def get(self, options: str) -> str:
        """Answer sign-in options with the newest credential, as JSON."""
        asked = json.loads(options)
        credential_id, key = list(self.keys.items())[-1]
        data = self._data(asked["rpId"], _UP_UV)
        client = self._client("webauthn.get", asked["challenge"])
        signed = key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": _b64(client),
            "authenticatorData": _b64(data),
            "signature": _b64(signed),
        }
        return self._credential(credential_id, response)

    def _data(self, relying_party: str, flags: int) -> bytes:
        return hashlib.sha256(relying_party.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _credential(self, credential_id: bytes, response: dict[str, Any]) -> str:
        return json.dumps(
            {
                "id": _b64(credential_id),
                "rawId": _b64(credential_id),
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )
