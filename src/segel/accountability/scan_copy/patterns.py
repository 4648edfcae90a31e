"""From forms to the byte patterns that the automaton looks for.

Only what has no decoder stands here: character sets, UTF-16, JSON's escapes, and numbers as
machines keep them. Base64, hex, percent and compression are undone before the search instead
(``encodings``, ``streams``), which also makes it blind to case inside of them.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from segel.accountability.scan_copy.forms import Form, forms
from segel.accountability.scan_copy.terms import Term

CHARSETS: Final = (
    *("latin-1", "iso8859-2", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9"),
    *("tis-620", "gb18030", "shift_jis", "iso2022_jp", "euc_jp", "euc_kr"),
)
"""Of PS3.3 § C.12.1.1.2, as Python calls them, for what isn't ASCII. UTF-8 comes first anyway."""

BINARY_DIGITS_MIN: Final = 12
"""From here a number's binary writings are 6 bytes and more: one chance hit in 280 TB. A date's
would be 4 bytes: one in 4 GB for every date, which says nothing."""

UTF_16: Final = "utf-16"
FOLDED: Final = "plain"
REVERSED: Final = "reversed digits"
PACKED: Final = "packed decimal"


class Pattern(NamedTuple):
    """Bytes to find. ``exact``: as they are; else in any case of their ASCII letters."""

    data: bytes
    term: int
    form: str
    encoding: str
    exact: bool

    @property
    def chance(self) -> float:
        """The odds that uniformly random bytes hold it at a given offset."""
        letters = 0 if self.exact else sum(chr(byte).isalpha() for byte in self.data if byte < 128)
        return float(2.0 ** (letters - 8 * len(self.data)))


def patterns(terms: Iterable[Term]) -> list[Pattern]:
    """Every pattern of ``terms``."""
    found: dict[tuple[bytes, int], Pattern] = {}
    for term in terms:
        for form in forms(term):
            for data, encoding, exact in _encoded(form):
                kept = data if exact else data.lower()
                pattern = Pattern(kept, term.number, form.name, encoding, exact)
                found.setdefault((kept.lower(), term.number), pattern)
    return list(found.values())


def _encoded(form: Form) -> Iterator[tuple[bytes, str, bool]]:
    text = form.text
    if text.isascii():
        plain = text.encode()
        yield plain, REVERSED if form.name == "backwards" else FOLDED, False
        # Without the outer zero bytes one pattern serves both byte orders.
        yield b"\0".join(plain[i : i + 1] for i in range(len(plain))), UTF_16, False
        if text.isdigit() and len(text) >= BINARY_DIGITS_MIN and form.name != "backwards":
            yield from _binary(int(text), text)
        return
    for cased in dict.fromkeys((text, text.lower(), text.upper(), text.title())):
        yield cased.encode(), FOLDED, False
        yield cased.encode("utf-16-le"), "utf-16-le", False
        yield cased.encode("utf-16-be"), "utf-16-be", False
        yield _json_escaped(cased), "JSON escapes", False
        for charset in CHARSETS:
            try:
                yield cased.encode(charset), charset, True
            except UnicodeEncodeError:
                continue


def _binary(value: int, text: str) -> Iterator[tuple[bytes, str, bool]]:
    """A number as an integer, as packed decimals, as PostgreSQL's numeric (numeric.c)."""
    if value < 2**63:
        yield value.to_bytes(8, "little"), "int64 little-endian", True
        yield value.to_bytes(8, "big"), "int64 big-endian", True
    if len(text) % 2 == 0:
        yield bytes.fromhex(text), PACKED, True
    padded = text.zfill(-(-len(text) // 4) * 4)
    groups = [int(padded[i : i + 4]) for i in range(0, len(padded), 4)]
    while groups and groups[-1] == 0:  # numeric keeps no trailing zero digits
        groups.pop()
    if len(groups) >= 3:
        yield b"".join(group.to_bytes(2, "little") for group in groups), "numeric digits", True


def _json_escaped(text: str) -> bytes:
    units = text.encode("utf-16-be")
    pairs = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(u) if u < 128 else f"\\u{u:04x}" for u in pairs).encode()
