"""Setting up OpenBao for Segel: the server's configuration, and what an administrator makes once.

Made here and not by hand, so that the policy is the least that ``OpenBaoKms`` gets along with, and
the tests run under the very policy that production runs under.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from segel.keys.openbao import DEFAULT_MOUNT, GONE, SIGNER
from segel.keys.openbao_http import BaoHttp, Refused

ROLE: Final = "segel-broker"
TOKEN_TTL_S: Final = 3_600
"""How long a stolen token of the broker lives; it logs in anew after half of this."""

UNWRAPS_PER_S: Final = 200
"""Requests of at most 249 keys. The broker gathers releases, so that hundreds a second need a few
dozen requests; a search needs up to nine."""

_POLICY: Final = """\
# What Segel's broker may do with its KEKs, and nothing else. Written by `segel keys init-openbao`.

path "{mount}/encrypt/+" {{ capabilities = ["update"] }}
path "{mount}/decrypt/+" {{ capabilities = ["update"] }}
path "{mount}/rewrap/+"  {{ capabilities = ["update"] }}

path "{mount}/keys" {{ capabilities = ["list"] }}
path "{mount}/keys/" {{ capabilities = ["list"] }}

# A new KEK is of this shape only: it cannot be exported, nor backed up in the clear.
path "{mount}/keys/+" {{
  capabilities = ["create", "read", "update", "delete"]
  allowed_parameters = {{
    "type" = ["aes256-gcm96"]
    "derived" = [true]
    "exportable" = [false]
    "allow_plaintext_backup" = [false]
  }}
}}

# The mark of a destroyed KEK is made once and stays.
path "{mount}/keys/{gone}_*" {{
  capabilities = ["create", "read", "update"]
  allowed_parameters = {{
    "type" = ["aes256-gcm96"]
    "derived" = [true]
    "exportable" = [false]
    "allow_plaintext_backup" = [false]
  }}
}}

# What signs cards cannot be exported either. It can be deleted: what it signed stays signed.
path "{mount}/keys/{signer}_*" {{
  capabilities = ["create", "read", "update", "delete"]
  allowed_parameters = {{
    "type" = ["ecdsa-p256"]
    "exportable" = [false]
    "allow_plaintext_backup" = [false]
    "deletion_allowed" = [true]
  }}
}}
path "{mount}/sign/+/sha2-256" {{ capabilities = ["update"] }}

path "{mount}/keys/+/rotate" {{ capabilities = ["update"] }}
path "{mount}/keys/+/trim"   {{ capabilities = ["update"] }}
path "{mount}/keys/+/config" {{
  capabilities = ["update"]
  allowed_parameters = {{
    "min_decryption_version" = []
    "min_encryption_version" = []
    "deletion_allowed" = []
  }}
}}

path "auth/token/renew-self" {{ capabilities = ["update"] }}
"""

_SERVER: Final = """\
# OpenBao for Segel: raft storage, unsealed with a key that lies in a file of its own.

storage "raft" {{
  path = "{data}"
  node_id = "{node}"
  performance_multiplier = 1
}}

{listeners}
# 32 bytes, in hexadecimal, readable by OpenBao only; not on the disk that holds the data above.
seal "static" {{
  current_key_id = "segel-1"
  current_key = "file://{seal_key}"
}}

api_addr = "{api}"
cluster_addr = "{cluster}"
ui = false
"""

_TCP: Final = """\
listener "tcp" {{
  address = "{address}"
  cluster_address = "{cluster_address}"
{tls}}}
"""

_SOCKET: Final = """\
listener "unix" {{
  address = "{path}"
  socket_mode = "0600"
  socket_user = "{user}"
}}
"""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a server listens. ``address`` and ``cluster_address`` are ``HOST:PORT``;
    ``certificate`` and ``key`` are PEM files, and may be left out on loopback only."""

    address: str
    cluster_address: str
    certificate: Path | None = None
    key: Path | None = None
    socket: Path | None = None
    socket_user: str = "0"


def server_config(
    data: Path, seal_key: Path, listening: Listening, *, node: str = "segel-1"
) -> str:
    """The configuration file of a server."""
    secure = listening.certificate is not None
    tls = (
        f'  tls_cert_file = "{listening.certificate}"\n  tls_key_file = "{listening.key}"\n'
        if secure
        else "  tls_disable = true\n"
    )
    listeners = _TCP.format(
        address=listening.address, cluster_address=listening.cluster_address, tls=tls
    )
    if listening.socket is not None:
        listeners += _SOCKET.format(path=listening.socket, user=listening.socket_user)
    return _SERVER.format(
        data=data,
        node=node,
        seal_key=seal_key,
        listeners=listeners,
        api=f"{'https' if secure else 'http'}://{listening.address}",
        cluster=f"https://{listening.cluster_address}",
    )


def policy(mount: str = DEFAULT_MOUNT) -> str:
    """The broker's policy."""
    return _POLICY.format(mount=mount, gone=GONE, signer=SIGNER)


class _RoleId(msgspec.Struct):
    role_id: str


class _RoleIdAnswer(msgspec.Struct):
    data: _RoleId


class _SecretId(msgspec.Struct):
    secret_id: str


class _SecretIdAnswer(msgspec.Struct):
    data: _SecretId


def prepare(
    admin: BaoHttp,
    *,
    mount: str = DEFAULT_MOUNT,
    unwraps_per_s: int = UNWRAPS_PER_S,
    token_ttl_s: int = TOKEN_TTL_S,
) -> str:
    """Mount, policy, quota and AppRole, made or brought up to date; the broker's new credential.

    ``admin`` has a token that may do all this. Said again, KEKs stay, and earlier credentials stay
    valid. Raises KmsUnavailable's family, Refused.
    """
    _mounted(admin, f"sys/mounts/{mount}", "transit")
    admin.send("POST", f"{mount}/config/keys", {"disable_upsert": True})
    name = f"{ROLE}-{mount.replace('/', '-')}"
    admin.send("POST", f"sys/policies/acl/{name}", {"policy": policy(mount)})
    quota = {"path": f"{mount}/decrypt/*", "rate": unwraps_per_s, "interval": "1s"}
    admin.send("POST", f"sys/quotas/rate-limit/{name}-unwrap", quota)
    _mounted(admin, "sys/auth/approle", "approle")
    role = {
        "token_policies": [name],
        "token_no_default_policy": True,
        "token_ttl": token_ttl_s,
        "token_max_ttl": token_ttl_s,
        "token_type": "service",
    }
    admin.send("POST", f"auth/approle/role/{name}", role)
    role_id = admin.call("GET", f"auth/approle/role/{name}/role-id", _RoleIdAnswer).data.role_id
    made = admin.call("POST", f"auth/approle/role/{name}/secret-id", _SecretIdAnswer, {})
    credential = {"role_id": role_id, "secret_id": made.data.secret_id}
    return msgspec.json.encode(credential).decode()


def _mounted(admin: BaoHttp, path: str, kind: str) -> None:
    try:
        admin.send("POST", path, {"type": kind})
    except Refused:  # it is there
        admin.send("GET", path)
