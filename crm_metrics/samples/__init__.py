"""A company that never was: a car dealership which went live with a CRM, and what that truly did for it.

Everything about it is data in `company`: who sells, where leads come from, how a deal walks through the stages, the
season and the market, and the planted effect of the CRM. The effect multiplies the chances of three steps and the
waits between stages; demand and prices would have grown, and seasons turned, without it. So a plain comparison
of before and after credits the CRM with the market's work, and the sample says by how much: see `Truth`.

Only ``random()`` of a seeded generator, whole weights and plain arithmetic are used, so a seed gives the same
company on every platform and version. Every deal takes the same number of draws whatever comes of it: with
``effect=False`` the very same people come in, to a dealership whose CRM changes nothing.

A deal is told by its path, the stages it entered and when. Whatever else is known of the company (leads, lines,
stage changes, calls, interactions) is read off that path, each kind of record with a stream of draws of its own.
"""

from crm_metrics.samples.company import DELIVERY, SIDE_STAGES, STAGES
from crm_metrics.samples.money import CostRow
from crm_metrics.samples.sample import Sample, dealership
from crm_metrics.samples.saving import save
from crm_metrics.samples.truth import Truth

__all__ = ["DELIVERY", "SIDE_STAGES", "STAGES", "CostRow", "Sample", "Truth", "dealership", "save"]
