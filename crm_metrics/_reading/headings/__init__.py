"""What CRMs and hand-kept spreadsheets call the fields of every record, and the words in them, in English and Russian.

For a first draft of a crm.toml, and for whoever loads with ``columns="guess"``: `guess` says which heading holds which
field and what the words of a column mean, `guess_columns` and `guess_values` each half of it. The names are those of
Salesforce, HubSpot, Pipedrive, Zoho, Dynamics 365, Odoo, SuiteCRM, amoCRM and Kommo, and Bitrix24, in the exports of
their screens and in their APIs. A name that two of them use for two things is read as the system of the file means
it; a name or a word that is not known stays unknown.
"""

from __future__ import annotations

from crm_metrics._reading.headings.columns import Found, guess_columns
from crm_metrics._reading.headings.guesses import Guess, guess, guessed
from crm_metrics._reading.headings.systems import system
from crm_metrics._reading.headings.values import guess_not_closed, guess_status, guess_values, nobody

__all__ = [
    "Found",
    "Guess",
    "guess",
    "guess_columns",
    "guess_not_closed",
    "guess_status",
    "guess_values",
    "guessed",
    "nobody",
    "system",
]
