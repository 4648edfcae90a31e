"""What a reporting page says of the order that a study answers."""

from segel.console.report_page import Asked, asked_of


def test_an_order_is_shown_with_who_asked_and_why() -> None:
    order = {
        "resourceType": "ServiceRequest",
        "code": {"coding": [{"code": "36554-4", "display": "XR Chest"}]},
        "priority": "stat",
        "requester": {"display": "dr. Ratna"},
        "reasonCode": [{"text": "Curiga TB"}, {"coding": [{"display": "Batuk"}]}],
        "note": [{"text": "Alergi kontras"}],
    }
    assert asked_of(order) == Asked(
        "XR Chest", "dr. Ratna", "stat", "Curiga TB\nBatuk\nAlergi kontras"
    )


def test_an_order_without_a_reason_is_still_an_order() -> None:
    said = asked_of({"code": {"text": "CT"}, "priority": "routine"})
    assert said == Asked("CT", "", "", "")
    assert asked_of(None) is None
