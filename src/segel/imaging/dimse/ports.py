"""What the DIMSE door needs of the archive and the broker; their services fit as they are."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from segel.broker.messages import Address, Requester, Token
from segel.domain.dicom import JsonDataset
from segel.imaging.dicom.elements import Buffer
from segel.imaging.model import Query, WorklistQuery


class Stored(Protocol):
    @property
    def sop_instance_uid(self) -> str: ...


class Found(Protocol):
    @property
    def datasets(self) -> Sequence[JsonDataset]: ...
    @property
    def complete(self) -> bool: ...
    @property
    def note(self) -> str | None: ...


class InstanceEntry(Protocol):
    @property
    def sop_class_uid(self) -> str: ...
    @property
    def sop_instance_uid(self) -> str: ...
    @property
    def series_uid(self) -> str: ...
    @property
    def transfer_syntax_uid(self) -> str: ...


class OpenStudy(Protocol):
    async def instances(self, series_uid: str | None = None) -> Sequence[Any]: ...
    async def read(self, entry: Any) -> Buffer: ...
    @property
    def require_open(self) -> Callable[[], Awaitable[None]]: ...


class Archive(Protocol):
    """``segel.imaging.Archive``."""

    async def store(self, requester: Requester, file: Buffer) -> Stored: ...
    async def search(self, requester: Requester, query: Query) -> Found: ...
    async def open_study(self, requester: Requester, study_uid: str) -> OpenStudy: ...


class Worklist(Protocol):
    """``segel.records.Records.worklist``."""

    async def scheduled(self, requester: Requester, query: WorklistQuery) -> Found: ...


class Peers(Protocol):
    """The part of ``segel.broker.BrokerClient`` that knows DIMSE peers."""

    async def open_peer(self, calling_ae: str, called_ae: str, address: str, key: str) -> Token: ...
    async def peer_address(self, requester: Requester, ae_title: str) -> Address: ...
