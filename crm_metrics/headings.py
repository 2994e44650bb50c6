"""What CRMs and hand-kept spreadsheets call the fields of a deal and of spending, in English and in Russian.

For a first draft of a crm.toml that its owner then reads: `guess_columns` and `guess_status`. Nothing is loaded by
guess. Names are from amoCRM, Bitrix24, HubSpot, Salesforce and Pipedrive, from their exports and their APIs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from crm_metrics.currencies import EXPONENTS, OLD
from crm_metrics.records import Deal, Spend
from crm_metrics.schemas import schema
from crm_metrics.text import SIGNS

DEAL: Mapping[str, str] = {
    "id": "id, record id, deal id, object id, hs object id, номер, number, no, №, код, deal, сделка",
    "created_at": "created at, created, create date, created date, created time, date created, date create, "
    "creation date, add time, creation time, engage date, дата создания, дата и время создания, создана, создан, "
    "создано, когда создана, дата заявки, дата обращения, дата лида, lead date, open date, start date, begin date, "
    "дата начала, дата поступления, date, дата",
    "status": "status, статус, state, состояние, outcome, result, результат, итог, stage semantic id, stage, "
    "stage name, этап, стадия, stage id, status id",
    "closed_at": "closed at, close time, closed time, date closed, closed date, closed on, actual close date, "
    "close date, won time, дата закрытия, дата и время закрытия, дата продажи, дата сделки, дата оплаты, "
    "дата завершения, фактическая дата закрытия",
    "customer": "customer, customer name, client, client name, клиент, покупатель, account, account name, company, "
    "company name, associated company, primary company, компания, заказчик, организация, organization, "
    "organization name, org name, контакт, основной контакт, contact, contact name, primary contact, contact person, "
    "person, customer id, account id, company id, contact id, org id, person id",
    "manager": "manager, менеджер, ответственный, ответственный менеджер, ответственный сотрудник, "
    "ответственный пользователь, assigned by name, assigned by, assigned to, responsible, responsible user, "
    "responsible person, owner, owner name, owner full name, sales agent, sales rep, sales representative, "
    "sales person, salesperson, seller, rep, agent, продавец, сотрудник, account manager, owner id, "
    "hubspot owner id, responsible user id, responsible id, assigned by id, user id",
    "pipeline": "pipeline, pipeline name, sales pipeline, воронка, воронка продаж, направление, pipeline id, "
    "category, category id",
    "stage": "stage, stage name, этап, этап воронки, стадия, pipeline stage, stage id, status id, status, статус",
    "channel": "channel, lead source, source, канал, источник, источник заявки, источник лида, источник трафика, "
    "канал привлечения, рекламный канал, original source, original traffic source, latest traffic source, "
    "analytics source, hs analytics source, source channel, source name, origin, utm source, source id",
    "campaign": "campaign, campaign name, utm campaign, кампания, рекламная кампания, primary campaign source, "
    "campaign source, campaign id",
    "product": "product, product name, продукт, товар, услуга, номенклатура, model, модель, товары, products",
    "region": "region, регион, territory, территория, область, regional office, office, офис, филиал, city, город, "
    "country, страна",
    "kind": "kind",  # not "type": its labels would need translating one by one
    "amount": "amount, value, close value, total amount, сумма, бюджет, budget, price, стоимость, цена, revenue, "
    "выручка, сумма продажи, total, итого, доход, opportunity",
    "list_amount": "list amount, list price, list value, сумма без скидки, цена без скидки, стоимость без скидки, "
    "сумма до скидки, цена по прайсу",
    "cost": "cost, costs, cost of goods, cost of goods sold, cogs, cost price, себестоимость, "
    "закупочная стоимость, закупочная цена, закупка",
    "currency": "currency, currency code, currency iso code, currency id, amount currency, currency of value, "
    "валюта, код валюты",
    "probability": "probability, win probability, stage probability, hs deal stage probability, вероятность, "
    "вероятность успеха, вероятность закрытия",
    "expected_close": "expected close, expected close date, forecast close date, planned close date, "
    "planned close, предполагаемая дата закрытия, планируемая дата закрытия, ожидаемая дата закрытия, "
    "плановая дата закрытия, дата закрытия план",
    "reason": "reason, loss reason, lost reason, closed lost reason, reason lost, reason for loss, close reason, "
    "причина, причина отказа, причина провала, причина проигрыша, причина закрытия, причина потери",
    "lead": "lead, lead id, лид, id лида, original lead, source lead id",
}
"""Headings of a deal's fields, the likeliest first."""

SPEND: Mapping[str, str] = {
    "at": "at, date, day, дата, день, spend date, reporting starts, дата расхода, дата списания, дата оплаты, "
    "created at, дата создания",
    "amount": "amount, amount spent, spend, spent, cost, costs, actual cost, total cost, расход, расходы, затраты, "
    "сумма, потрачено, стоимость, списано, бюджет, budget, price, total",
    "currency": DEAL["currency"],
    "channel": "channel, канал, platform, площадка, рекламная система, рекламный канал, source, источник, "
    "utm source, network, medium",
    "campaign": "campaign, campaign name, utm campaign, кампания, рекламная кампания, название кампании, campaign id",
    "kind": "kind",
}
"""Headings of the fields of spending, the likeliest first."""

WON = """won, closed won, closedwon, win, success, successful, sold, closed successfully, 142, s, успешно реализовано,
успешно, успешная, успех, успешно завершена, закрыта успешно, выиграна, выиграно, выигран, выигрыш, продано, продана,
продажа, реализовано, куплено, договор оплачен, сделка успешна, сделка выиграна"""

LOST = """lost, closed lost, closedlost, lose, loss, failed, failure, refused, refusal, rejected, declined, apology,
143, f, закрыто и не реализовано, закрыта и не реализована, не реализовано, провал, провалена, провалено, проиграна,
проиграно, проигран, проигрыш, отказ, отказано, потеряна, потеряно, неуспешно, не успешно, закрыта неуспешно,
анализ причины провала, сделка провалена, сделка проиграна"""

OPEN = """open, opened, new, in progress, active, in work, pending, p, новый, новая, новое, открыта, открыто, открыт,
в работе, в процессе, активна, активная, неразобранное, неразобранные, первичный контакт, переговоры,
принимают решение, согласование договора, взято в работу, incoming leads, initial contact, discussions,
decision making, contract discussion, подготовка документов, счет на предоплату, финальный счет, preparation,
prepayment invoice, executing, final invoice, appointment scheduled, qualified to buy, presentation scheduled,
decision maker bought in, contract sent, prospecting, engaging, qualification, needs analysis, value proposition,
id decision makers, perception analysis, proposal price quote, negotiation review, negotiation, proposal, qualified,
contact made, demo scheduled, proposal made, negotiations started"""

NOT_CLOSED = """не закрыта, не закрыто, не закрыт, not closed, still open, открыта, open"""
"""What stands in a column of closing dates for a deal that is open."""

_DEAL_WORDS = frozenset(["deal", "deals", "opportunity", "opportunities", "сделка", "сделки", "сделке", "сделок"])
_MONEY_WORDS = frozenset([*EXPONENTS, *OLD, *filter(str.isalpha, SIGNS)])  # codes are capitals, so that Top is a word


def guess_columns(headings: Iterable[str], record: type) -> dict[str, str]:
    """Which heading holds which field of a record: ``columns=`` for `table` and `read_csv`.

    Case, spaces, punctuation, currencies and the word "deal" do not matter. A heading is given to one field only;
    required fields choose first, and a field that nothing fits is left out.

    >>> guess_columns(["ID", "Бюджет, руб.", "created_at", "Этап сделки"], Deal)
    {'id': 'ID', 'created_at': 'created_at', 'status': 'Этап сделки', 'amount': 'Бюджет, руб.'}
    """
    left: dict[str, str] = {}
    for heading in headings:
        left.setdefault(_key(heading), heading)
    names = next((known for base, known in _KNOWN.items() if issubclass(record, base)), {})
    fields = schema(record)
    out: dict[str, str] = {}
    for name in sorted(fields, key=lambda name: not fields[name].required):
        keys = [_key(name), *map(_key, names.get(name, "").split(","))]
        found = next((key for key in keys if key in left), None)
        if found is not None:
            out[name] = left.pop(found)
    return {name: out[name] for name in fields if name in out}


_KNOWN: Mapping[type, Mapping[str, str]] = {Deal: DEAL, Spend: SPEND}


def guess_status(labels: Iterable[str | None]) -> dict[str, str]:
    """What the words of a status column mean: won, lost or open. A word that is not known is left out.

    >>> guess_status(["Успешно реализовано", "Closed Lost", "Новая", "Тест-драйв"])
    {'Успешно реализовано': 'won', 'Closed Lost': 'lost', 'Новая': 'open'}
    """
    return {label: _STATUS[key] for label in labels if label and (key := _status_key(label)) in _STATUS}


def guess_not_closed(cells: Iterable[str]) -> list[str]:
    """The words of a column of closing dates that say that there is none.

    >>> guess_not_closed(["25.04.2024", "не закрыта", "", "не закрыта"])
    ['не закрыта']
    """
    words = (cell for cell in dict.fromkeys(cells) if cell and not cell[0].isdigit())
    return [cell for cell in words if _status_key(cell) in _NOT_CLOSED]


def _words(heading: str) -> list[str]:
    parted = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", heading)  # CloseDate
    return re.findall(r"[^\W_]+|№", parted.replace("ё", "е"))


def _key(heading: str) -> str:
    """A heading without what does not matter."""
    words = _words(heading)
    words = [word for word in words if word not in _MONEY_WORDS] or words
    words = [word for word in words if word.casefold() not in _DEAL_WORDS] or words
    return "".join(words).casefold()


def _status_key(label: str) -> str:
    """A label without the pipeline that some systems put around it: C1:WON, Closed Won (Sales Pipeline)."""
    return "".join(_words(re.sub(r"^C\d+:|\(.*\)$", "", label.strip()))).casefold()


_STATUS = {
    _status_key(word): status
    for status, words in (("open", OPEN), ("lost", LOST), ("won", WON))
    for word in words.split(",")
}

_NOT_CLOSED = frozenset(map(_status_key, NOT_CLOSED.split(",")))
