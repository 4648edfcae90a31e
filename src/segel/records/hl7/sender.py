"""Who sends, as far as reading the messages depends on it. Set up, and never guessed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from segel.records.hl7.header import PRODUCTION
from segel.records.hl7.segments import Value

JAKARTA: Final = ZoneInfo("Asia/Jakarta")

_ASSIGNER: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,15}:[!-~]{1,600}\Z")
_OID: Final = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]{0,38})){1,30}\Z")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,15}:[!-~]{1,180}\Z")


@dataclass(frozen=True, slots=True)
class Sender:
    """A laboratory's or radiology's system.

    ``assigner``: URI without a slash at its end, under which this sender's own numbers and codes
    get their systems (``{assigner}/filler``). Two senders that give numbers of their own never
    share one.

    ``issuer``: the hospital as images name it, for record numbers without an assigning authority.

    ``authorities``: systems by the namespace of an assigning authority (HD.1), where they are known
    by another URI than one under ``assigner``. Keys as the sender writes them.

    ``accession_system``: the national platform has ``http://sys-ids.kemkes.go.id/acsn/{org}``.

    ``record_system``: of the hospital's own record numbers, by which its images know people too:
    numbers that say no assigning authority, or one of ``record_authorities``. Those of any other
    authority are kept, and nobody is found by them. Empty: every record number counts.

    ``zone``: of times that say none, where MSH-7 says none either (§ 2.15.9.7).

    ``processing_ids``: of MSH-11, P for production; T only where a sender is being set up.
    """

    assigner: str
    issuer: str = ""
    authorities: Mapping[str, str] = field(default_factory=dict)
    accession_system: str = ""
    record_system: str = ""
    record_authorities: Collection[str] = ()
    zone: ZoneInfo = JAKARTA
    processing_ids: Collection[str] = PRODUCTION

    def __post_init__(self) -> None:
        assert _ASSIGNER.match(self.assigner), "the assigner is a URI"
        assert not self.assigner.endswith("/"), "the assigner ends without a slash"

    def is_hospitals(self, authority: Value) -> bool:
        """Whether record numbers of an assigner (HD) are the hospital's own."""
        names = {authority.text(1), authority.text(2)} - {""}
        return not names or not names.isdisjoint({*self.record_authorities, self.record_system})

    def system(self, *parts: str) -> str:
        """A system of this sender's own."""
        return "/".join((self.assigner, *(quote(part, safe="") for part in parts)))

    def system_of(self, what: str, authority: Value) -> str:
        """The system of numbers of an assigner (HD, § 2.A.33); its own ones where none is said."""
        namespace, universal, kind = (authority.text(number) for number in (1, 2, 3))
        if namespace in self.authorities:
            return self.authorities[namespace]
        if _OID.match(universal) and kind in ("ISO", ""):
            return f"urn:oid:{universal}"
        if _URI.match(universal) and kind in ("URI", ""):
            return universal
        named = namespace or universal
        return self.system(what, named) if named else self.system(what)

    def urn(self, kind: str, system: str, value: str) -> str:
        """The full URL of a resource within a bundle: the same for the same number, always."""
        space = uuid5(NAMESPACE_URL, self.assigner)
        return UUID(int=uuid5(space, f"{kind} {system} {value}").int).urn
