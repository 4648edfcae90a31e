"""What the console has to be told about where it runs."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """``origin``: the console's own, as browsers see it (``https://pacs.example``), passkeys are
    bound to its host. ``viewer_origin``: OHIF's, '' where it is not installed. ``demo``: pages say
    that everybody is invented, and offer demo people at sign-in. ``cards``: travel cards are
    made. ``passes``: and the app for venue passes is served."""

    origin: str
    viewer_origin: str = ""
    demo: bool = False
    cards: bool = False
    passes: bool = False

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console by TLS: cookies are then marked so."""
        return urlsplit(self.origin).scheme == "https"

    @property
    def relying_party(self) -> str:
        """The host that passkeys belong to (WebAuthn RP ID)."""
        return urlsplit(self.origin).hostname or ""
