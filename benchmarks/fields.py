"""The columns of Deal records as lists, written out as a peer's user would write them."""

from __future__ import annotations

from typing import Any

TEXTS = (
    *("id", "status", "customer", "manager", "pipeline", "stage", "channel", "campaign", "product", "region"),
    *("kind", "currency", "reason", "lead"),
)
INSTANTS = ("created_at", "closed_at", "expected_close")
MONEY = ("amount", "list_amount", "cost", "probability")


def columns(deals: list[Any]) -> dict[str, list[Any]]:
    """Every field of every record, one comprehension each."""
    return {
        "id": [d.id for d in deals],
        "created_at": [d.created_at for d in deals],
        "status": [d.status for d in deals],
        "closed_at": [d.closed_at for d in deals],
        "customer": [d.customer for d in deals],
        "manager": [d.manager for d in deals],
        "pipeline": [d.pipeline for d in deals],
        "stage": [d.stage for d in deals],
        "channel": [d.channel for d in deals],
        "campaign": [d.campaign for d in deals],
        "product": [d.product for d in deals],
        "region": [d.region for d in deals],
        "kind": [d.kind for d in deals],
        "amount": [d.amount for d in deals],
        "list_amount": [d.list_amount for d in deals],
        "cost": [d.cost for d in deals],
        "currency": [d.currency for d in deals],
        "probability": [d.probability for d in deals],
        "expected_close": [d.expected_close for d in deals],
        "reason": [d.reason for d in deals],
        "lead": [d.lead for d in deals],
    }
