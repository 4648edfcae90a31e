"""What every handler is given."""

from dataclasses import dataclass

from litestar.di import NamedDependency

from segel.access import Attempts, ReadKey
from segel.broker import BrokerClient
from segel.console.http.pages import Pages
from segel.console.ports import Evidence, Keeper, Reader
from segel.console.settings import ConsoleSettings
from segel.leaks.telling import Telling
from segel.records import Links, Reports, Sheets


@dataclass(frozen=True, slots=True)
class Console:
    """One gateway process' console."""

    broker: BrokerClient
    reader: Reader
    keeper: Keeper
    settings: ConsoleSettings
    pages: Pages
    attempts: Attempts
    strangers: Attempts
    reports: Reports
    sheets: Sheets
    links: Links
    read_key: ReadKey
    evidence: Evidence
    telling: Telling


Here = NamedDependency[Console]
"""How a handler asks for it."""
