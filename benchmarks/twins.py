"""How often is a CRM that changed nothing said to have paid off?

    python -m benchmarks.twins [--runs 120] [--scale 1]

Each run is a twin of the bundled dealership drawn anew, whose CRM costs what it costs there and does nothing. Two
counts are printed: the twins that are said to have paid off, and those whose gain is found to be above 0.
"""

from __future__ import annotations

import argparse

from crm_metrics import CRM, evaluate
from crm_metrics.samples import dealership


def found(seed: int, scale: float) -> tuple[bool, bool]:
    """Whether a twin is said to have paid off, and whether its gain is above 0 by its limits."""
    s = dealership(seed, scale, effect=False)
    crm = CRM(deals=s.deals, costs=s.costs, currency="RUB", go_live=s.go_live, ramp_weeks=s.ramp_weeks, as_of=s.as_of)
    out = evaluate(crm)
    return out.roi.low > 0, out.monthly_gain.low > 0


def main() -> None:
    """Print both counts."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--runs", type=int, default=120)
    arguments.add_argument("--scale", type=float, default=1.0)
    args = arguments.parse_args()
    results = [found(seed, args.scale) for seed in range(1, args.runs + 1)]
    for name, hits in zip(("paid off", "a gain above 0"), zip(*results, strict=True), strict=True):
        print(f"{name:15} {sum(hits):4} of {len(hits)}  {sum(hits) / len(hits):.1%}")


if __name__ == "__main__":
    main()
