"""How often is a CRM that changed nothing said to have paid off, and what gain does the trend look like?

    python -m benchmarks.twins [--runs 120] [--scale 1]

Each run is a twin of the bundled dealership drawn anew, whose CRM costs what it costs there and does nothing. Printed
are the twins that are said to have paid off, those whose gain is found to be above 0, and what the gain is on average:
a month, and of what a deal that comes in brought before.
"""

from __future__ import annotations

import argparse

from attrs import frozen

from crm_metrics import CRM, evaluate
from crm_metrics.samples import dealership


@frozen
class Twin:
    """What is found of a CRM that does nothing."""

    paid_off: bool
    above: bool
    gain: float
    relative: float


def found(seed: int, scale: float) -> Twin:
    """The verdict on one twin, and its gain."""
    s = dealership(seed, scale, effect=False)
    crm = CRM(deals=s.deals, costs=s.costs, currency="RUB", go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of)
    out = evaluate(crm)
    return Twin(out.roi.low > 0, out.monthly_gain.low > 0, out.monthly_gain.value, out.change.relative)


def main() -> None:
    """Print the counts and the averages."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=120)
    arguments.add_argument("--scale", type=float, default=1.0)
    args = arguments.parse_args()
    twins = [found(seed, args.scale) for seed in range(1, args.runs + 1)]
    for name, hits in (("paid off", [t.paid_off for t in twins]), ("a gain above 0", [t.above for t in twins])):
        print(f"{name:28} {sum(hits):4} of {args.runs}  {sum(hits) / args.runs:.1%}")
    print(f"{'gain a month, on average':28} {sum(t.gain for t in twins) / args.runs:,.0f}")
    print(f"{'of a deal that comes in':28} {sum(t.relative for t in twins) / args.runs:+.1%}")


if __name__ == "__main__":
    main()
