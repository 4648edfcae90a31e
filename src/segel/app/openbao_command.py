"""``segel keys init-openbao``: what an administrator of OpenBao makes once for an archive."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from segel.domain.errors import SegelError
from segel.keys.openbao import DEFAULT_MOUNT
from segel.keys.openbao_http import BaoHttp, Refused
from segel.keys.openbao_setup import TOKEN_TTL_S, UNWRAPS_PER_S, policy, prepare

TOKEN_VARIABLES: Final = ("BAO_TOKEN", "VAULT_TOKEN")

console = Console(soft_wrap=True, highlight=False)


class NotPrepared(SegelError):
    """OpenBao could not be prepared."""

    code = "openbao-not-prepared"


def init_openbao(
    address: Annotated[str, typer.Option(help="https://HOST:8200, or unix:///path/to/socket.")],
    credential: Annotated[
        Path, typer.Option(help="Where to write the broker's AppRole; outside of the home.")
    ],
    ca_file: Annotated[Path | None, typer.Option(help="The CA of its certificate, PEM.")] = None,
    mount: Annotated[str, typer.Option(help="A mount of its own for this archive.")] = (
        DEFAULT_MOUNT
    ),
    unwraps_per_s: Annotated[
        int, typer.Option(min=1, help="The rate quota: requests to unwrap, in a second.")
    ] = UNWRAPS_PER_S,
    token_ttl_s: Annotated[
        int, typer.Option(min=60, help="How long a token of the broker lives, in seconds.")
    ] = TOKEN_TTL_S,
    show_policy: Annotated[
        bool, typer.Option("--show-policy", help="Only print the broker's policy.")
    ] = False,
) -> None:
    """Make mount, policy, quota and AppRole in OpenBao, and write the broker's credential.

    The administrator's token is read from BAO_TOKEN. Said again, keys stay as they are and a new
    credential is written.
    """
    if show_policy:
        print(policy(mount))  # noqa: T201 - the command's output
        return
    token = next((os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), "")
    if not token:
        raise NotPrepared(
            "There is no administrator's token.", remedy="Put it into the variable BAO_TOKEN."
        )
    admin = BaoHttp(address, lambda: token, ca_file=ca_file)
    try:
        made = prepare(admin, mount=mount, unwraps_per_s=unwraps_per_s, token_ttl_s=token_ttl_s)
    except Refused as refused:
        raise NotPrepared(
            f"OpenBao refused a step ({refused}).",
            remedy="Its own log says which; a root token may do all of them.",
        ) from None
    finally:
        admin.close()
    _write_private(credential, made)
    console.print(
        f"Mount {mount}, policy, quota of {unwraps_per_s} unwraps a second and AppRole are ready."
        f"\nThe broker's credential is in {credential}: set openbao_credential to it.",
        markup=False,
    )


def _write_private(path: Path, text: str) -> None:
    """Mode 0600 from its first byte on."""
    staged = path.with_name(path.name + ".new")
    staged.unlink(missing_ok=True)
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as failure:
        raise NotPrepared(
            f"The credential cannot be written to {path}: {failure.strerror}.",
            remedy="Give another path.",
        ) from None
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    staged.rename(path)
