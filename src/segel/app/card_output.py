"""How ``segel card`` says a judgement or a card's content: lines for people, JSON for programs."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from segel.app.card_input import Item
from segel.app.card_verifying import Judged, Verifier
from segel.cards import (
    BundleContent,
    Card,
    CardRefused,
    Content,
    Fitness,
    HealthCertificate,
    Holder,
    Language,
    Recovery,
    Remark,
    RuleSet,
    TestResult,
    Vaccination,
    outcome_of,
    remark_of,
    words_of,
)
from segel.cards.rules import Rule
from segel.cards.value_sets import DETECTED, NOT_DETECTED

TEXT_MAX: Final = 200
"""Of one value from a card, on the terminal."""

_NAMES: Final[dict[str, tuple[str, str]]] = {
    "test": ("test", "tes"),
    "vaccination": ("vaccination", "vaksinasi"),
    "recovery": ("recovery", "kesembuhan"),
    "card": ("health card", "kartu kesehatan"),
    "sampled": ("sampled", "sampel diambil"),
    "result": ("result", "hasil"),
    DETECTED: ("detected", "terdeteksi"),
    NOT_DETECTED: ("not detected", "tidak terdeteksi"),
    "dose": ("dose", "dosis"),
    "given": ("given", "diberikan"),
    "positive": ("first positive", "positif pertama"),
    "from": ("from", "dari"),
    "until": ("until", "sampai"),
    "born": ("born", "lahir"),
    "issuer": ("issuer", "penerbit"),
    "country": ("country", "negara"),
    "id": ("identifier", "pengenal"),
    "records": ("records", "rekam medis"),
    "key": ("key", "kunci"),
    "expires": ("expires", "berlaku sampai"),
    "issued": ("issued", "diterbitkan"),
    "not-judged": (
        "NOT VERIFIED: this only shows what is written; anybody can write such a card.",
        "BELUM DIVERIFIKASI: ini hanya menampilkan isi; siapa pun dapat membuat kartu seperti ini.",
    ),
}


def not_judged(language: str) -> str:
    """What stands over content that is only shown."""
    return _name("not-judged", language)


def remark_line(remark: Remark, language: str) -> str:
    """A remark that is about all cards."""
    return remark_of(remark, Language(language))


def judgement_line(number: int, judged: Judged, language: str) -> str:
    """One judgement in one line."""
    judgement = judged.judgement
    in_words = words_of(judgement.reason, Language(language))
    said = [f"{number}: {judgement.reason}: {in_words.what}"]
    if judgement.place:
        said.append(f"({judgement.place})")
    if judgement.also:
        said.append(f"[{', '.join(judgement.also)}]")
    if in_words.remedy:
        said.append(in_words.remedy)
    if judged.fitness is not None:
        said += _fitness(judged.fitness, Language(language))
    if judgement.valid and judgement.content:
        said.append(_summary(judgement.content, language))
    said += [remark_of(remark, Language(language)) for remark in judgement.remarks]
    return " ".join(said)


def judgement_json(item: Item, judged: Judged, verifier: Verifier, language: str) -> str:
    """One judgement as a JSON object in one line."""
    judgement = judged.judgement
    in_words = words_of(judgement.reason, Language(language))
    step = judgement.reason.step
    document: dict[str, Any] = {
        "line": item.number,
        "valid": judgement.valid,
        "reason": judgement.reason,
        "step": step.name.lower() if step else None,
        "also": list(judgement.also),
        "place": judgement.place,
        "remarks": [*judgement.remarks, *verifier.remarks],
        "what": in_words.what,
        "remedy": in_words.remedy,
        "signature": "valid" if judgement.signed else "not verified",
    }
    if judged.fitness is not None and verifier.rules is not None:
        document["rules"] = _fitness_json(judged.fitness, verifier.rules, Language(language))
    if not isinstance(item.card, CardRefused):
        document["card"] = _envelope(item.card)
    if judgement.content is not None:
        document["content"] = _plain(judgement.content)
    return _json(document)


def _fitness(fitness: Fitness, language: Language) -> list[str]:
    """What rules say: the outcome, and the rules that are the reason."""
    in_words = outcome_of(fitness.outcome, language)
    said = [f"{fitness.outcome}: {in_words.what}"]
    said += [
        f"({_shown(rule.identifier)}: {_shown(rule.said_in(language))})"
        for rule in (*fitness.failed, *fitness.unsaid)
    ]
    return [*said, in_words.remedy] if in_words.remedy else said


def _fitness_json(fitness: Fitness, rules: RuleSet, language: Language) -> dict[str, Any]:
    in_words = outcome_of(fitness.outcome, language)

    def told(some: tuple[Rule, ...]) -> list[dict[str, str]]:
        return [
            {"id": one.identifier, "version": one.version, "what": one.said_in(language)}
            for one in some
        ]

    return {
        "set": rules.id,
        "name": rules.named_in(language),
        "outcome": fitness.outcome,
        "what": in_words.what,
        "remedy": in_words.remedy,
        "failed": told(fitness.failed),
        "unsaid": told(fitness.unsaid),
    }


def content_json(number: int, card: Any, content: Content, remarks: tuple[Remark, ...]) -> str:
    """A card's content as a JSON object in one line, marked as not verified."""
    return _json(
        {
            "line": number,
            "signature": "not verified",
            "remarks": list(remarks),
            "card": _envelope(card),
            "content": _plain(content),
        }
    )


def content_lines(
    number: int, card: Any, content: Content, remarks: tuple[Remark, ...], language: str
) -> str:
    """A card's content, a fact a line."""
    envelope = _envelope(card)
    facts = [_summary(content, language)]
    issuer = content.issuer
    facts.append(f"{_name('issuer', language)}: {_shown(issuer)}")
    if not isinstance(content, BundleContent):
        facts.append(f"{_name('country', language)}: {_shown(content.country)}")
        facts.append(f"{_name('id', language)}: {_shown(content.identifier)}")
    else:
        kinds = [entry["resource"]["resourceType"] for entry in content.bundle["entry"]]
        facts.append(f"{_name('records', language)}: {_shown(', '.join(kinds))}")
    for name, value in (("issued", "issued_at"), ("expires", "expires_at")):
        if envelope.get(value):
            facts.append(f"{_name(name, language)}: {envelope[value]}")
    facts.append(f"{_name('key', language)}: {envelope['key_id']}")
    facts += [remark_of(remark, Language(language)) for remark in remarks]
    return f"{number}: " + "\n   ".join(facts)


def unreadable(number: int, refused: CardRefused, language: str, *, as_json: bool) -> str:
    """Something of which there is nothing to show."""
    in_words = words_of(refused.reason, Language(language))
    if not as_json:
        place = f" ({refused.place})" if refused.place else ""
        return f"{number}: {refused.reason}: {in_words.what}{place} {in_words.remedy}".rstrip()
    return _json(
        {"line": number, "reason": refused.reason, "place": refused.place,
         "what": in_words.what, "remedy": in_words.remedy}
    )  # fmt: skip


def _summary(content: Content, language: str) -> str:
    holder = _holder(content.holder, language)
    if isinstance(content, BundleContent):
        return f"{_name('card', language)}. {holder}".rstrip()
    entry = content.entry
    said = [_name(content.kind, language)]
    if isinstance(entry, TestResult):
        result = _name(entry.result, language)
        said.append(f"{_name('sampled', language)} {entry.sampled_at.isoformat(' ')}")
        said.append(f"{_name('result', language)}: {result}")
    elif isinstance(entry, Vaccination):
        said.append(f"{_name('dose', language)} {entry.dose}/{entry.doses} {_shown(entry.product)}")
        said.append(f"{_name('given', language)} {entry.given_on}")
    elif isinstance(entry, Recovery):
        said.append(f"{_name('positive', language)} {entry.first_positive_on}")
        said.append(f"{_name('from', language)} {entry.valid_from}")
        said.append(f"{_name('until', language)} {entry.valid_until}")
    return f"{', '.join(said)}. {holder}".rstrip()


def _holder(holder: Holder | None, language: str) -> str:
    if holder is None:
        return ""
    name = f"{holder.given or holder.given_icao} {holder.family or holder.family_icao}".strip()
    born = f", {_name('born', language)} {holder.birth}" if holder.birth else ""
    return f"{_shown(name)}{_shown(born)}."


def _envelope(card: Card) -> dict[str, Any]:
    if isinstance(card, HealthCertificate):
        return {
            "form": "hcert",
            "issuer": card.issuer,
            "key_id": card.key_id.hex(),
            "issued_at": _utc(card.issued_at),
            "expires_at": _utc(card.expires_at),
        }
    payload = card.payload
    issuer = payload.get("iss")
    return {
        "form": "smart-health-card",
        "issuer": issuer if isinstance(issuer, str) else None,
        "key_id": card.key_id,
        "issued_at": _utc(payload.get("nbf")),
        "expires_at": _utc(payload.get("exp")),
    }


def _utc(seconds: Any) -> str | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def _plain(content: Content) -> Any:
    return msgspec.to_builtins(content)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=True, default=str)


def _name(key: str, language: str) -> str:
    pair = _NAMES.get(key)
    if pair is None:
        return _shown(key)
    return pair[0] if language == "en" else pair[1]


def _shown(text: str) -> str:
    """A card's text on a terminal: nothing that moves the cursor or turns the reading direction."""
    kept = "".join("�" if unicodedata.category(one)[0] == "C" else one for one in text)
    return kept if len(kept) <= TEXT_MAX else kept[:TEXT_MAX] + "…"
