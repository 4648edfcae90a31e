"""Letters of a case at the command line: the sealed list, the signed document, the mail server."""

from collections import Counter
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.progress import Progress

from segel.app.case_names import CaseInputBroken
from segel.app.leak_documents import with_client
from segel.app.operator import ask
from segel.broker import BrokerClient, Requester
from segel.broker.messages import NoticeLine
from segel.domain.cases import Language, LetterOutcome, NoticeKind
from segel.leaks.telling import Telling, letters
from segel.leaks.telling.smtp import MailGateway, MailServer, is_loopback


def server(
    host: str, port: int, sender: str, user: str, password: str, authority: str
) -> MailServer:
    """A mail server; TLS is demanded of it unless it is on this machine's loopback."""
    return MailServer(
        host, port, sender, user, password, authority, demands_tls=not is_loopback(host)
    )


def notice_of(home: Path, who: Requester, case_id: UUID, language: Language) -> NoticeLine:
    """The newest signed notice to patients. Raises CaseInputBroken."""
    view = ask(home, lambda broker: broker.cases.show(who, case_id))
    for one in view.notices:
        if (one.kind, one.language, one.is_current) == (NoticeKind.PATIENTS, language, True):
            return one
    raise CaseInputBroken(
        "No notice to patients was signed in this language.",
        field="language",
        remedy="`segel leak sign --kind patients` first.",
    )


def send(
    home: Path,
    who: Requester,
    case_id: UUID,
    notice: NoticeLine,
    list_id: UUID,
    to: MailServer,
    *,
    again: bool,
) -> Counter[LetterOutcome]:
    """Send what was not sent yet. Raises GatewayDown, ListBroken, BrokerError."""
    what = letters.Round(who, case_id, notice.notice_id, again)

    async def run(client: BrokerClient, telling: Telling) -> Counter[LetterOutcome]:
        letter_of = await telling.letters(who, case_id, notice)
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("Sending", total=None)
            async with MailGateway(to) as gateway:
                return await letters.send(
                    client.cases,
                    gateway,
                    what,
                    telling.listed(who, case_id, list_id),
                    letter_of,
                    told=lambda count: progress.advance(task, count),
                )

    return with_client(home, run)
