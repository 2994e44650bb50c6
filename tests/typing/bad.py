"""What a user may not write: mypy --strict finds an error on every line marked E, and on no other."""

from __future__ import annotations

from crm_metrics import Deal, Spend, marketing, month, roi, sales, table

deals = [Deal(id=1, created_at="2017-01-05", status="open")]
spend = [Spend(at="2017-01-01", amount=1000)]

# Rows of another record, or no rows at all.
sales.win_rate(spend)  # E
sales.win_rate([1, 2])  # E
sales.win_rate("deals.csv")  # E
sales.win_rate()  # E
sales.win_rate(None)  # E
sales.win_rate(table(spend, Spend))  # E

# Arguments swapped, missing, or in the wrong place.
sales.win_rate(deals, "manager")  # E
sales.win_rate(deals, by=1)  # E
marketing.cac(deals, spend)  # E
marketing.cac(spend)  # E
marketing.cac(spend, deals, month)  # E
roi.roi(75_000, 12_000)  # E
roi.roi(gain=75_000)  # E

# Records: a field that is not there, one that must be, a value that cannot be.
Deal(id=1, created_at="2017-01-05", status="open", ammount=3)  # E
Deal(id=1, created_at="2017-01-05")  # E
Deal(1, "2017-01-05", "open")  # E
Deal(id=1, created_at=20170105, status="open")  # E
Spend(at="2017-01-01", amount=[1000])  # E
deals[0].amount = 3  # E

# Results are what they are.
share: str = sales.win_rate(deals)  # E
rate: float = sales.win_rate(deals, by="manager")  # E
