"""What is still open, and what may come of it."""

from __future__ import annotations

from crm_metrics.breakdown import Number
from crm_metrics.columns import amount, expected_amount, opened
from crm_metrics.groups import By
from crm_metrics.kernel import totals
from crm_metrics.records import Deal
from crm_metrics.registry import Rows, metric


@metric(Deal, unit="money", better="higher", question="How much may we still sell?")
def open_pipeline(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Sum of the amounts of open deals.

    $$ \text{open pipeline} = \sum_{\text{open}} \text{amount} $$

    In major units. A bare time key reads `expected_close`.

    >>> open_pipeline({"status": ["open", "open", "won"], "amount": [1000, 500, 700]})
    1500.0
    """
    return totals(deals, Deal, by, at="expected_close").sum(amount, where=opened)


@metric(Deal, unit="money", better="higher", question="How much are we likely to sell of what is open?")
def weighted_pipeline(deals: Rows[Deal], *, by: By = None) -> Number:
    r"""Sum of amount times probability over open deals.

    $$ \text{weighted pipeline} = \sum_{\text{open}} \text{amount} \times \text{probability} $$

    A probability is a fraction (0.6, not 60). A deal without amount or probability is left out. In major units. A bare
    time key reads `expected_close`.

    >>> weighted_pipeline({"status": ["open", "open"], "amount": [1000, 500], "probability": [0.6, 0.2]})
    700.0
    """
    return totals(deals, Deal, by, at="expected_close").sum(expected_amount, where=opened)
