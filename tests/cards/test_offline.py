"""Offline: ten thousand cards are judged by lists and rules, and nobody is asked."""

import contextlib
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Final

from cryptography.hazmat.primitives.asymmetric import ec

from segel.cards import Edition, ListKey, Outcome, decode, fitness_of, judge
from segel.cards.lists import Material, make_lists, read_lists
from segel.cards.rule_lists import shipped_sets
from segel.cards.signatures import sign_with
from support.cards import ISSUED, NOW, TEST, VACCINATION_ENTRY, Maker, with_entry

VERIFICATIONS: Final = 10_000
ASKING: Final = ("socket.", "urllib.", "http.", "ftplib.", "subprocess.", "os.system", "open")


class Ear:
    """Hears what the interpreter is asked to open: sockets, programs, files. A hook is for good,
    so that there is one."""

    listening = False
    heard: ClassVar[list[str]] = []

    @classmethod
    def hear(cls, event: str, _: object) -> None:
        """The hook."""
        if cls.listening and event.startswith(ASKING):
            cls.heard.append(event)


sys.addaudithook(Ear.hear)


def test_ten_thousand_verifications_ask_nobody() -> None:
    maker, secret = Maker(), ec.generate_private_key(ec.SECP256R1())
    key = ListKey(secret.public_key(), sign_with(secret))
    material = Material([(maker.signer.key_id, maker.der)], rules=shipped_sets())
    made = make_lists(material, Edition(1, ISSUED, ISSUED + timedelta(days=1)), key)
    cards = [maker.text(TEST), maker.text(with_entry("v", VACCINATION_ENTRY)), Maker().text()]
    Ear.listening = True
    lists = read_lists(made, {key.pin}, NOW)
    fit = 0
    for number in range(VERIFICATIONS):
        card = decode(cards[number % 3])
        judged = judge(card, lists.trust, NOW, lists.revoked)
        if judged.content is not None and judged.valid:
            said = fitness_of(lists.rules["border-id"], card, judged.content, NOW)
            fit += said.outcome is Outcome.FIT
    Ear.listening = False
    assert fit == 6_667
    assert Ear.heard == []


def test_the_ear_hears() -> None:
    Ear.listening = True
    Path(__file__).open().close()
    with contextlib.suppress(OSError), socket.socket() as one:
        one.connect(("127.0.0.1", 9))
    Ear.listening = False
    assert {"open", "socket.connect"} <= set(Ear.heard)
    Ear.heard.clear()
