"""The keys of what a laboratory keeps between two steps of an import."""

from uuid import UUID

from segel.broker.messages.base import Message, Requester


class OpenDrawer(Message, frozen=True):
    """Open the account's own drawer, and the one that its hospital's laboratory shares."""

    requester: Requester


class DrawerGrant(Message, frozen=True):
    """Released keys. Drop them with the request that asked for them.

    ``own_key`` seals what one account uploaded, ``shared_key`` how files of its hospital are read.
    """

    hospital_id: UUID
    hospital: str
    own_key: bytes
    shared_key: bytes

    def __repr__(self) -> str:
        return f"DrawerGrant(hospital_id={self.hospital_id})"


Request = OpenDrawer
Reply = DrawerGrant
