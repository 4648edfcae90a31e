"""What ``segel card`` is given: pictures, files of health cards, or texts one a line.

One item is what one judgement is said of: a line, a card of a file, or, for cards in several codes,
the lines that belong together. Nothing here raises for what is in the input: an item that cannot
be read is a refusal, and the others are still looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from segel.cards import Card, CardRefused, Reason, decode_all
from segel.cards.json_reading import read_object
from segel.cards.numeric import count_of, is_chunk
from segel.cards.opening import TEXT_CHARACTERS_MAX
from segel.cards.pictures import PICTURE_BYTES_MAX, codes_in, demand_card_sized
from segel.domain.errors import SegelError

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff"
PDF: Final = b"%PDF"
BOM: Final = b"\xef\xbb\xbf"
CARDS_FILE_BYTES_MAX: Final = 4 * 1024 * 1024
"""A ``.smart-health-card`` file has a handful of cards."""
CARDS_IN_FILE_MAX: Final = 1000
LINE_BYTES_MAX: Final = TEXT_CHARACTERS_MAX


class InputUnusable(SegelError):
    """There is nothing to judge in the input."""

    code = "input-unusable"


@dataclass(frozen=True, slots=True)
class Item:
    """``number`` counts lines, codes or cards from 1; ``card`` is a refusal where none opened."""

    number: int
    card: Card | CardRefused


@dataclass(frozen=True, slots=True)
class _Text:
    number: int
    text: str


def items_of(stream: BinaryIO) -> Iterator[Item]:
    """The items of a picture, a file of cards, or lines. Raises InputUnusable."""
    head = stream.read(len(PNG))
    if head.startswith(PDF):
        raise InputUnusable(
            "A PDF is not read.", remedy="Give its page as a picture: pdftoppm -r 200 -png FILE."
        )
    if head.startswith((PNG, JPEG)):
        yield from _of_picture(head + stream.read(PICTURE_BYTES_MAX))
    elif head.removeprefix(BOM).lstrip().startswith(b"{"):
        yield from _of_cards_file(head + stream.read(CARDS_FILE_BYTES_MAX))
    else:
        yield from _of_lines(head, stream)


def open_file(path: Path) -> BinaryIO:
    """The file's bytes. Raises InputUnusable."""
    try:
        return path.open("rb")
    except OSError as error:
        raise InputUnusable(
            f"The file cannot be read: {error.strerror}.", remedy="Check its name and rights."
        ) from None


def _of_picture(picture: bytes) -> Iterator[Item]:
    try:
        codes = codes_in(picture)
    except CardRefused as refused:
        yield Item(1, refused)
        return
    texts: list[_Text | Item] = []
    for number, code in enumerate(codes, 1):
        try:
            demand_card_sized(code)
        except CardRefused as refused:
            texts.append(Item(number, refused))
        else:
            texts.append(_Text(number, code.text))
    yield from _joined(iter(texts))


def _of_cards_file(data: bytes) -> Iterator[Item]:
    """A ``.smart-health-card`` file, or the Parameters of ``$health-cards-issue``."""
    if len(data) > CARDS_FILE_BYTES_MAX:
        raise InputUnusable("The file of cards is larger than 4 MiB.", remedy="Give less of it.")
    try:
        document = read_object(data)
    except CardRefused as refused:
        yield Item(1, refused)
        return
    listed = document.get("verifiableCredential")
    parameters = document.get("parameter")
    if isinstance(parameters, list):
        listed = [
            one.get("valueString")
            for one in parameters
            if isinstance(one, dict) and one.get("name") == "verifiableCredential"
        ]
    if not isinstance(listed, list) or not listed or len(listed) > CARDS_IN_FILE_MAX:
        raise InputUnusable(
            "No health card is in the file.",
            remedy="Give pictures, lines of QR texts, or a .smart-health-card file.",
        )
    for number, one in enumerate(listed, 1):
        yield (
            _opened(number, [one])
            if isinstance(one, str)
            else _refused(number, Reason.JWS_STRUCTURE)
        )


def _of_lines(head: bytes, stream: BinaryIO) -> Iterator[Item]:
    seen = False
    for item in _joined(_lines(head, stream)):
        seen = True
        yield item
    if not seen:
        raise InputUnusable(
            "There is nothing in the input.", remedy="Give a picture, or QR texts, one a line."
        )


def _lines(head: bytes, stream: BinaryIO) -> Iterator["_Text | Item"]:
    """Lines that say something. Only line ends are taken off: a space is one of Base45's
    characters."""
    number = 0
    for raw in _raw_lines(head, stream):
        number += 1
        if len(raw) > LINE_BYTES_MAX:
            yield _refused(number, Reason.TEXT_TOO_LONG)
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            yield _refused(number, Reason.TEXT_NOT_UTF8)
            continue
        if number == 1:
            text = text.removeprefix("\ufeff")
        if text.strip():
            yield _Text(number, text)


def _raw_lines(head: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; of one that is too long a little more than is allowed."""
    while True:
        if b"\n" in head:
            line, _, head = head.partition(b"\n")
            yield line.removesuffix(b"\r")
            continue
        read = stream.readline(LINE_BYTES_MAX + 2)
        if not head and not read:
            return
        line, head = head + read, b""
        kept = line
        while line and not line.endswith(b"\n"):
            line = stream.readline(LINE_BYTES_MAX)
        if not kept.endswith(b"\n") and line:
            kept = kept.ljust(LINE_BYTES_MAX + 1)
        yield kept.removesuffix(b"\n").removesuffix(b"\r")


def _joined(texts: Iterator["_Text | Item"]) -> Iterator[Item]:
    """The texts opened; parts of one card, which follow each other, as one item."""
    parts: list[_Text] = []
    for one in texts:
        if isinstance(one, Item) or not is_chunk(one.text) or count_of(one.text) < 2:
            if parts:
                yield _of_parts(parts)
                parts = []
            yield one if isinstance(one, Item) else _opened(one.number, [one.text])
            continue
        parts.append(one)
        if len(parts) >= count_of(parts[0].text):
            yield _of_parts(parts)
            parts = []
    if parts:
        yield _of_parts(parts)


def _of_parts(parts: list[_Text]) -> Item:
    return _opened(parts[0].number, [part.text for part in parts])


def _opened(number: int, texts: list[str]) -> Item:
    try:
        return Item(number, decode_all(texts))
    except CardRefused as refused:
        return Item(number, refused)


def _refused(number: int, reason: Reason) -> Item:
    return Item(number, CardRefused(reason))
