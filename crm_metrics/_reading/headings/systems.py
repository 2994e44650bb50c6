"""Which system a file is from, told by its headings, and what a heading means there and nowhere else.

``marks`` are headings that few others have: two of them tell a system. ``names`` are headings of fields as in
`fields`, and go before those; ``...`` at the end lets the common ones follow, and without it a
field is called nothing else there. ``own`` are more words that only say whose heading it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import Factory, frozen

from crm_metrics._reading.headings.fields import OWN
from crm_metrics._reading.headings.keys import key, keys
from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, StageChange


@frozen
class System:
    """A CRM: the headings that tell it, and what it means by those that others use otherwise."""

    name: str
    marks: str
    names: Mapping[type, Mapping[str, str]] = Factory(dict)
    own: Mapping[type, frozenset[str]] = Factory(dict)


ENOUGH = 2
"""So many of its marks tell a system."""

SYSTEMS = (
    System(
        "Salesforce",
        "opportunity owner, opportunity id, opportunity name, stage name, fiscal period, fiscal year, forecast "
        "category, currency iso code, record type id, account name, lead source, created date, primary campaign "
        "source, amount converted, owner role, is private, has opportunity line item, last stage change date, from "
        "stage, to stage, who id, what id, task subtype, call disposition, call duration in seconds, is converted, "
        "converted opportunity id, company account, lead owner, владелец возможности",
        {
            Deal: {"expected_close": "..., close date"},  # one day: the plan of an open deal, the fact of a closed one
            Call: {"answered": "call disposition, call result"},  # its status is that of a task
        },
    ),
    System(
        "HubSpot",
        "record id, deal stage, deal owner, create date, hubspot owner id, hs object id, amount in company currency, "
        "amount in home currency, closed lost reason, is closed won, is deal closed, hs is closed won, hs is closed, "
        "original traffic source, original source, associated company, deal name, associated company ids, deal "
        "currency code, deal probability, weighted amount, deal type, lifecycle stage, hs lead status, contact owner, "
        "hs timestamp, hs call direction, hs call duration, hs call status, hs analytics source, days to close",
        {
            Deal: {"expected_close": "..., close date"},
            Call: {
                "duration": "duration seconds, call duration seconds",  # milliseconds, where it does not say
                "answered": "call outcome, hs call disposition, call disposition",  # whatever is logged is COMPLETED
            },
        },
    ),
    System(
        "Pipedrive",
        "won time, lost time, first won time, currency of value, deal deal created, deal deal closed on, add time, "
        "update time, stage change time, last stage change, person id, org id, deal title, contact person, "
        "expected close date, "
        "lead lead created, lead label, lead value, lead organization, lead contact person, marked as done time, "
        "assigned to user, total activities, done activities, visible to, deal organization, deal person, deal owner",
        {
            Deal: {"id": "..., pipedrive system id"},
            StageChange: {"at": "at, time, timestamp, log time, ..."},
        },
    ),
    System(
        "Zoho",
        "closing date, created time, modified time, deal owner, deal name, account name, record id, lead source, "
        "reason for loss, campaign source, exchange rate, expected revenue, overall sales duration, sales cycle "
        "duration, lead conversion time, deal owner id, account name id, layout, stage duration, call owner, call "
        "start time, lead owner, converted date time",
        {
            Deal: {"expected_close": "..., closing date"},
            Call: {"duration": "call duration in seconds, duration in seconds, ..."},
        },
    ),
    System(
        "Dynamics 365",
        "do not modify opportunity, do not modify row checksum, do not modify modified on, do not modify lead, topic, "
        "potential customer, est close date, est revenue, actual close date, actual revenue, status reason, pipeline "
        "phase, originating lead, created on, estimated value, actual value, estimated close date, statecode, "
        "statuscode, close probability, transaction currency id, step name, do not modify phone call, расч дата "
        "закрытия, расч доход, фактический доход, фактическая дата закрытия, причина состояния",
        {
            Deal: {
                "status": "status, state code, состояние, ...",
                "manager": "owner, owner id, owner id value, ...",
                "customer": "potential customer, customer id, customer id value, account, contact, ...",
                "amount": "actual revenue + est revenue, actual value + estimated value, "
                "фактический доход + расч доход, est revenue, estimated value, расч доход, ...",
                "reason": "status reason, причина состояния, ...",
            },
            Call: {"duration": ""},  # minutes
        },
    ),
    System(
        "Odoo",
        "salesperson, sales team, expected revenue, expected closing, prorated revenue, created on, closed date, "
        "conversion date, assignment date, medium, opportunity, is won, won status, lost reason, active, recurring "
        "revenues, expected mrr, partner id, date deadline, team id, lost reason id, date closed, date conversion, "
        "create date, ожидаемый доход, ожидаемое закрытие, команда продаж, причина потери",
        {
            Deal: {
                "id": "id, external id, ...",
                "status": "status, won status, is won + is closed, is won, won lost, active + stage, "
                "active + stage id, активно + этап, stage, stage id, этап",
                "amount": "expected revenue, ожидаемый доход, ...",
                "customer": "customer, partner id, company name, contact name, клиент, заказчик, название компании",
                "manager": "salesperson, user id, продавец, ...",
                "pipeline": "sales team, team id, команда продаж, pipeline",
                "region": "region, country, country id, state, state id, city, страна, область, город",
                "expected_close": "expected closing, date deadline, ...",
            },
            Lead: {
                "status": "",  # an open lead and an opportunity are told apart by Type alone
                "converted_at": "conversion date, date conversion, ...",
                "customer": "customer, partner id, company name, contact name, клиент",
            },
        },
    ),
    System(
        "SuiteCRM",
        "sales stage, opportunity amount, expected close date, date entered, date created, date modified, date "
        "closed, assigned to, assigned user, assigned user name, assigned user id, amount usdollar, opportunity type, "
        "next step, deleted, стадия продаж, сумма сделки, предполагаемая дата закрытия, ответственный id, refered by",
        {
            Deal: {  # one day: the plan of an open deal, the fact of a closed one
                "closed_at": "date closed, expected close date, предполагаемая дата закрытия, ...",
                "expected_close": "expected close date, date closed, предполагаемая дата закрытия, ...",
                "stage": "sales stage, стадия продаж, ...",
                "status": "status, sales stage, стадия продаж, ...",
            },
            Call: {"duration": ""},  # hours in one column, minutes in another
        },
    ),
    System(
        "amoCRM",
        "этап сделки, бюджет, основной контакт, кем создана, кем создана сделка, дата редактирования, кем "
        "редактирована, теги сделки, теги, ответственный за контакт, полное имя контакта, компания контакта, "
        "ближайшая задача, дата создания сделки, название сделки, статус сделки, responsible user id, pipeline id, "
        "status id, loss reason id, closest task at, group id, labor cost",
        {
            Deal: {
                "created_at": "дата создания, ...",
                "stage": "этап, статус, stage, stage name, status id",
                "status": "этап, статус, status, stage, status id, ...",
                "customer": "компания, компания контакта, customer, company, контакт, основной контакт, "
                "полное имя контакта, contact, company id, contact id",
                "closed_at": "дата закрытия, ...",
            },
            StageChange: {"deal": "deal, entity id, lead id, lead, ..."},
            Call: {"deal": "deal, lead id, ..."},
        },
    ),
    System(
        "Kommo",
        "lead title, lead stage, lead pipeline, lead sale, sale, responsible user, main contact, contact responsible, "
        "closest task, stage of lead",
        {
            Deal: {
                "stage": "status, stage, stage name, pipeline stage",
                "status": "status, stage, stage name, pipeline stage",
                "amount": "sale, budget, price, amount, ...",
                "lead": "",
            },
            Lead: dict.fromkeys(("id", "created_at", "status"), ""),  # its leads are deals
            StageChange: {"deal": "deal, lead id, lead, entity id, lead title, lead name, ..."},
            Call: {"deal": "deal, lead id, lead, ..."},
            Interaction: {"deal": "deal, lead id, lead, ..."},
        },
        {Deal: frozenset({"lead", "leads"})},
    ),
    System(
        "Bitrix24",
        "stage semantic id, date create, date modify, assigned by id, assigned by, opportunity, currency id, company "
        "id, contact id, category id, stage id, type id, begindate, is manual opportunity, is return customer, is "
        "repeated approach, is recurring, created by id, modify by id, moved time, status semantic id, source id, "
        "call type, call start date, call duration, call failed code, portal user id, crm entity id, owner type id, "
        "provider id, стадия сделки, группа стадий, сделка закрыта, предполагаемая дата закрытия, повторная сделка, "
        "повторное обращение, дополнительно об источнике, доступна для всех, кем изменена, направление, создана crm "
        "формой, дата изменения, дата начала, assumed close date, income, repeat deal, repeat inquiry, deal status, "
        "assigned by name, opportunity account, category name, owner type, discount sum, price brutto, price "
        "exclusive, tax included",
        {
            Deal: {  # CLOSEDATE is one day: the plan of an open deal, the fact of a closed one
                "amount": "opportunity, сумма, income, amount, ...",
                "channel": "source, источник, source name, source id, ...",
                "status": "stage semantic id, stage semantic, группа стадий, status, состояние, stage, stage id, "
                "стадия, этап",
                "closed_at": "closed at, date closed, дата завершения, дата закрытия, close date, "
                "предполагаемая дата закрытия, assumed close date",
                "expected_close": "..., close date",
                "customer": "customer, company, company name, company title, компания, компания название компании, "
                "клиент, company id, контакт, contact, contact id",
                "stage": "stage, stage name, стадия, этап, stage id",
            },
            Lead: {"status": "status, статус, стадия, stage, status id, status semantic id, состояние"},
            StageChange: {
                "deal": "deal, owner id, deal id, сделка",
                "manager": "",
                "seq": "seq, id",
            },
            Call: {"deal": "deal"},  # CRM_ENTITY_ID may be of a contact
            Interaction: {
                "deal": "deal",  # OWNER_ID may be of a lead, a contact or a company
                "manager": "manager, responsible, responsible id, ответственный",
            },
            DealLine: {"deal": "deal, deal id, owner id, ..."},
        },
    ),
)


def system(headings: Iterable[str]) -> System | None:
    """The system that a file seems to be from, if one is told better than by a single heading.

    >>> system(["ID", "STAGE_SEMANTIC_ID", "OPPORTUNITY"]).name
    'Bitrix24'
    >>> system(["Opportunity", "Salesperson", "Expected Revenue"]).name
    'Odoo'
    >>> system(["id", "amount"])
    """
    headings = list(headings)
    there = {*map(key, headings), *(key(heading, OWN[Deal] | OWN[Lead]) for heading in headings)}
    counts = {one.name: len(there.intersection(keys(one.marks))) for one in SYSTEMS}
    best = max(SYSTEMS, key=lambda one: counts[one.name])
    return best if counts[best.name] >= ENOUGH else None
