"""Letters by e-mail (RFC 5321), over TLS whose certificate is verified.

Without TLS only a server on this machine's own loopback is spoken to. What a server answers is
looked at for its code alone: its words may repeat the address.
"""

import contextlib
import ipaddress
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from types import TracebackType
from typing import Final, Self

import aiosmtplib

from segel.domain.cases import LetterOutcome
from segel.leaks.telling.errors import GatewayDown
from segel.leaks.telling.letters import Letter

TIMEOUT_S: Final = 30.0
"""For each answer; a server that is slower is asked again later."""
IMPLICIT_TLS_PORT: Final = 465
_FOR_GOOD: Final = 500
"""The first code of answers that mean: never (RFC 5321 § 4.2.1)."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes our letters. ``sender``: the address that they are from. ``authority``: PEM of the
    authority that its certificate is checked against, '' for the system's."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    authority: str = ""
    demands_tls: bool = True


def is_loopback(host: str) -> bool:
    """Whether a server is on this machine: only then letters may go without TLS."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class MailGateway:
    """``Gateway`` by e-mail; ``async with`` connects. One letter at a time."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._client: aiosmtplib.SMTP | None = None

    async def __aenter__(self) -> Self:
        await self._connected()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._hang_up()

    async def deliver(self, letter: Letter) -> LetterOutcome:
        """Send one. Raises GatewayDown."""
        if not letter.addressee.email:
            return LetterOutcome.NO_ADDRESS
        client = await self._connected()
        message = self._message(letter).as_bytes(policy=SMTP)
        try:
            await client.mail(self._server.sender)
            await client.rcpt(letter.addressee.email)
        except aiosmtplib.SMTPSenderRefused:
            await self._hang_up()
            raise GatewayDown(
                "The mail server does not take letters of ours.",
                field="from",
                remedy="Check the address that they are from; then send again.",
            ) from None
        except aiosmtplib.SMTPResponseException as refusal:
            await self._begin_anew(client)
            return _outcome(refusal.code)
        except (aiosmtplib.SMTPException, OSError, ValueError):
            await self._hang_up()
            return LetterOutcome.DEFERRED
        try:
            await client.data(message)
        except aiosmtplib.SMTPResponseException as refusal:
            await self._begin_anew(client)
            return _outcome(refusal.code)
        except (aiosmtplib.SMTPException, OSError):
            # It may have taken the letter before it was gone.
            await self._hang_up()
            return LetterOutcome.UNKNOWN
        return LetterOutcome.SENT

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            return self._client
        server = self._server
        implicit = server.port == IMPLICIT_TLS_PORT
        # None: TLS where the server offers it; True: no letter without it.
        start_tls = False if implicit else True if server.demands_tls else None
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=TIMEOUT_S,
            use_tls=implicit,
            start_tls=start_tls,
            tls_context=ssl.create_default_context(cafile=server.authority or None),
        )
        try:
            await client.connect()
            if server.user:
                await client.login(server.user, server.password)
        except (aiosmtplib.SMTPException, OSError) as failure:
            client.close()
            raise GatewayDown(
                f"The mail server cannot be used ({type(failure).__name__}).",
                field="smtp",
                remedy="Check its address, its certificate (TLS is demanded) and the password;"
                " then send again: none is sent twice.",
            ) from None
        self._client = client
        return client

    async def _begin_anew(self, client: aiosmtplib.SMTP) -> None:
        try:
            await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            await self._hang_up()

    async def _hang_up(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
            client.close()

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._server.sender
        message["To"] = letter.addressee.email
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        domain = self._server.sender.rpartition("@")[2]
        message["Message-ID"] = f"<{letter.letter_id}@{domain}>"
        message["Content-Language"] = letter.language.value
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_attachment(
            letter.attached, maintype="application", subtype="pdf", filename=letter.attached_name
        )
        return message


def _outcome(code: int) -> LetterOutcome:
    return LetterOutcome.REFUSED if code >= _FOR_GOOD else LetterOutcome.DEFERRED
