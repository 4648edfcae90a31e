"""What is meant by the name of something that is to be frozen."""

from uuid import UUID

from segel.broker.directory import Directory
from segel.broker.errors import BrokerError, Forbidden, TargetUnknown
from segel.broker.freezes import Target
from segel.broker.live import Sessions
from segel.broker.messages import TargetKind


class FreezeTargets:
    """Finds accounts, sessions and hospitals by what people call them."""

    def __init__(self, sessions: Sessions, directory: Directory) -> None:
        self._sessions = sessions
        self._directory = directory

    async def named(self, kind: TargetKind, name: str) -> tuple[Target, UUID | None]:
        """A target of the whole estate, and its hospital. ``name``: an account's name or id, a
        session's id or token, a hospital's id or code, a recipient's name. Raises TargetUnknown."""
        match kind:
            case TargetKind.ACCOUNT:
                account_id = uuid_of(name) or await self._directory.account_by_name(name)
                if account_id is None:
                    raise _unknown(kind)
                return Target.account(account_id), await self._hospital_of(account_id)
            case TargetKind.SESSION:
                session_id = uuid_of(name) or self._sessions.session_id_of(name)
                hospital_id = await self._directory.hospital_of_session(session_id)
                if hospital_id is None:
                    raise _unknown(kind)
                return Target.session(session_id), hospital_id
            case TargetKind.HOSPITAL:
                hospital_id = uuid_of(name)
                if hospital_id is None:
                    try:
                        hospital_id = await self._directory.hospital_by_code(name)
                    except Forbidden:
                        raise _unknown(kind) from None
                return Target.hospital(hospital_id), hospital_id
            case TargetKind.RECIPIENT:
                if not name.strip():
                    raise _unknown(kind)
                return Target.recipient(name), None
            case TargetKind.ARCHIVE:
                return Target.archive(), None

    async def of_hospital(
        self, kind: TargetKind, name: str, hospital_id: UUID | None
    ) -> tuple[Target, UUID | None]:
        """The same, of one hospital's officers: what is another's is unknown to them."""
        target, found = await self.named(kind, name)
        if kind is TargetKind.RECIPIENT:
            return target, hospital_id
        if found != hospital_id or kind is TargetKind.ARCHIVE:
            raise _unknown(kind)
        return target, found

    async def _hospital_of(self, account_id: UUID) -> UUID | None:
        try:
            return (await self._directory.account(account_id))[1]
        except BrokerError:
            raise _unknown(TargetKind.ACCOUNT) from None


def uuid_of(text: str) -> UUID | None:
    """An id, where a name is one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _unknown(kind: TargetKind) -> TargetUnknown:
    return TargetUnknown(
        f"There is no such {kind}, or it is not of this hospital.",
        remedy="Check its name.",
        field=kind.value,
    )
