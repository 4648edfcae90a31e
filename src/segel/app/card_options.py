"""Options that several commands of cards have."""

from pathlib import Path
from typing import Annotated

import typer

Certificates = Annotated[
    list[Path] | None,
    typer.Option("--certificate", help="A trusted signer's certificate (PEM, DER); repeat."),
]
Trusted = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        help="Certificates, a list or directory as JSON; an issuer's JWK Set as"
        " ADDRESS=FILE; repeat.",
    ),
]
Revocations = Annotated[
    list[Path] | None,
    typer.Option("--revocations", help="An issuer's card revocation list (JSON); repeat."),
]
Pinned = Annotated[
    list[str] | None,
    typer.Option("--pin", help="The thumbprint of a key that may sign the lists; repeat."),
]
At = Annotated[
    str, typer.Option("--at", help="Judge as of this time (ISO 8601; UTC without offset).")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
LanguageOption = Annotated[str, typer.Option("--language", help="Of the words: en or id.")]
