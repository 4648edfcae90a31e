"""Subscription (R4) as it is sent, and as it is shown. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from segel.broker import SubscriptionDraft, SubscriptionLine
from segel.domain.records import SUBSCRIPTION
from segel.records.model import CHANGED, CREATED, Version
from segel.records.r4 import ResourceInvalid, decode, encode
from segel.records.subscriptions.criteria import criteria_of

Json = dict[str, Any]

REST_HOOK: Final = "rest-hook"

NOT_OFFERED: Final = ("modifierExtension", "implicitRules", "contained")
"""Elements that would change what is asked for in ways that nobody here knows."""

TROUBLES: Final[Mapping[str, str]] = {
    "address-not-allowed": "The endpoint's host name leads to an address that is not allowed.",
    "name-unknown": "The endpoint's host name leads nowhere.",
    "connect": "The endpoint could not be connected to.",
    "certificate": "The endpoint's certificate is not one that is trusted.",
    "timeout": "The endpoint did not answer in time.",
    "elsewhere": "The endpoint answered that it is elsewhere; redirects are not followed.",
    "refused": "The endpoint refused the notification.",
    "server-error": "The endpoint answered with an error of its own.",
    "host-not-allowed": "The endpoint's host is not allowed any more; the operator allows hosts.",
    "account-closed": "The account that subscribed is closed.",
    "stopped-by-operator": "The operator stopped the subscription.",
}
"""What is shown of what went wrong: never what an endpoint said."""


def draft_of(resource: Json, base: str) -> SubscriptionDraft:
    """What a resource of R4 asks for. Raises ResourceInvalid where that is not done here."""
    channel: Json = resource["channel"]
    for place, element in (("Subscription", resource), ("Subscription.channel", channel)):
        for name in NOT_OFFERED:
            if name in element:
                raise ResourceInvalid.of(
                    f"{place}.{name}", "not-supported", "What this would change is not known here."
                )
    if channel["type"] != REST_HOOK:
        raise ResourceInvalid.of(
            "Subscription.channel.type", "not-supported", "Notifications are rest-hook only."
        )
    if channel.get("payload") or "_payload" in channel:
        raise ResourceInvalid.of(
            "Subscription.channel.payload",
            "not-supported",
            "Notifications are empty: a resource is given to who asks for it, with their own token."
            " Leave payload away, and read $events of the subscription.",
        )
    if not channel.get("endpoint"):
        raise ResourceInvalid.of(
            "Subscription.channel.endpoint", "required", "Say where: https://HOST/path."
        )
    resource_type, parameters = criteria_of(resource["criteria"], base)
    kept = {name: value for name, value in channel.items() if name != "header"}
    known = ("id", "meta", "status", "error")
    body = {name: value for name, value in resource.items() if name not in known}
    return SubscriptionDraft(
        resource_type,
        parameters,
        channel["endpoint"],
        tuple(channel.get("header", ())),
        datetime.fromisoformat(resource["end"]).timestamp() if "end" in resource else 0.0,
        resource["status"],
        encode({**body, "channel": kept}),
    )


def version_of(line: SubscriptionLine) -> Version:
    """A subscription as it is shown: its headers without what they say."""
    resource: Json = decode(line.draft.body)
    channel = dict(resource["channel"])
    if line.draft.headers:
        channel["header"] = list(line.draft.headers)
    resource = {**resource, "status": line.status, "channel": channel}
    if line.error:
        resource["error"] = TROUBLES.get(line.error, "The endpoint took no notification.")
    method = CREATED if line.version == 1 else CHANGED
    return Version(
        SUBSCRIPTION, str(line.subscription_id), line.version, line.at_s, method, resource
    )
