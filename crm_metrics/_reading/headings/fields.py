"""Headings of the fields of every record, the likeliest first, whatever system a file is from.

``a + b`` are two columns that make one field: of each row the first that is filled. What a single system means by a
heading that others use otherwise stands in `crm_metrics._reading.headings.systems`.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Spend, StageChange

MANAGER = (
    "manager, manager name, менеджер, ответственный, ответственный менеджер, ответственный сотрудник, "
    "ответственный пользователь, "
    "ответственный за сделку, assigned by name, assigned by, assigned to, assigned to name, assigned to user, "
    "assigned user, assigned user name, responsible, responsible user, responsible person, owner, owner name, "
    "owner full name, владелец, владелец записи, sales agent, sales rep, sales representative, sales person, "
    "salesperson, seller, rep, agent, продавец, торговый представитель, сотрудник, оператор, employee, operator, "
    "account manager, user, user name, имя менеджера, owner id, hubspot owner id, responsible user id, "
    "responsible id, assigned by id, assigned user id, portal user id, user id, manager id"
)
CUSTOMER = (
    "customer, customer name, client, client name, клиент, покупатель, potential customer, потенциальный клиент, "
    "account, account name, контрагент, название контрагента, company, company name, associated company, "
    "primary company, primary associated company, компания, название компании, компания название компании, заказчик, "
    "организация, organization, organization name, org name, partner, контакт, основной контакт, "
    "полное имя контакта, contact, contact name, primary contact, main contact, contact person, person, person name, "
    "customer id, account id, company id, partner id, org id, organization id, contact id, person id, company account"
)
CHANNEL = (
    "channel, lead source, source, канал, источник, источник заявки, источник лида, источник сделки, "
    "источник потенциального клиента, источник интереса, источник трафика, канал привлечения, рекламный канал, "
    "original source, original source type, original traffic source, latest source, latest traffic source, "
    "analytics source, hs analytics source, source channel, source name, lead source name, deal source, origin, "
    "lead origin, utm source, source id"
)
CAMPAIGN = (
    "campaign, campaign name, utm campaign, кампания, рекламная кампания, название кампании, "
    "primary campaign source, campaign source, source campaign, campaign id"
)
CURRENCY = (
    "currency, currency code, currency iso code, currency id, currency name, amount currency, currency of value, "
    "deal currency code, валюта, код валюты, валюта сделки"
)
REGION = (
    "region, регион, territory, территория, область, regional office, office, офис, филиал, city, город, country, "
    "страна"
)
PIPELINE = (
    "pipeline, pipeline name, pipeline label, sales pipeline, category name, воронка, воронка продаж, "
    "название воронки, направление, "
    "pipeline id, category, category id"
)
CREATED = (
    "created at, created, create date, created date, created time, create time, created on, date created, "
    "date entered, date create, creation date, add time, creation time, дата создания, дата и время создания, создана, "
    "создан, создано, когда создана, время создания, opened, opened at, opened on, date opened, открыта, открыто, "
    "открыт"
)
DEAL_ID = (
    "deal id, opportunity id, opportunity, deal, сделка, id сделки, ид сделки, номер сделки, associated deal id, "
    "associated deal ids, associated deal, opportunity name, deal name, deal title, название сделки"
)
FLAGS = (
    "is won + is closed, is closed won + is closed, hs is closed won + hs is closed, is closed won + closed, "
    "won + closed, is won + is lost, won + lost, hs is closed won + hs is closed lost, "
    "is closed won + is closed lost, выиграна + закрыта"
)

DEAL: Mapping[str, str] = {
    "id": "deal id, opportunity id, id сделки, record id, id, object id, hs object id, ид, номер, number, no, №, код, "
    "идентификатор, do not modify, external id, deal, сделка",
    "created_at": f"{CREATED}, engage date, дата заявки, дата обращения, дата лида, lead date, open date, start date, "
    "begin date, дата начала, дата открытия, дата поступления, date, дата",
    "status": "status, статус, state, состояние, outcome, result, результат, итог, stage semantic id, группа стадий, "
    f"{FLAGS}, stage, deal stage, stage name, sales stage, этап, этап воронки, стадия, pipeline stage, "
    "pipeline stage label, pipeline phase, stage id, status id",
    "closed_at": "closed at, close time, closed time, date closed, closed date, closed on, close on, "
    "actual close date, actual closing date, won time + lost time, won date + lost date, date won + date lost, "
    "won at + lost at, дата выигрыша + дата проигрыша, close date, closing date, won time, date won, won date, "
    "дата закрытия, дата и время закрытия, дата продажи, дата сделки, дата оплаты, дата завершения, "
    "фактическая дата закрытия, факт дата закрытия, closed, закрыта, закрыто, закрыт",
    "customer": CUSTOMER,
    "manager": MANAGER,
    "pipeline": PIPELINE,
    "stage": "stage, deal stage, stage name, sales stage, этап, этап воронки, стадия, pipeline stage, "
    "pipeline stage label, pipeline phase, step name, "
    "стадия продаж, stage id",
    "channel": CHANNEL,
    "campaign": CAMPAIGN,
    "product": "product, product name, продукт, товар, услуга, номенклатура, model, модель, товары, products",
    "region": REGION,
    "kind": "kind",  # not "type": its labels would need translating one by one
    "amount": "amount, value, deal value, close value, actual revenue + est revenue, total amount, сумма, "
    "сумма сделки, бюджет, budget, price with minor units + price, price, стоимость, цена, revenue, выручка, "
    "сумма продажи, sum, total, total value, итого, доход, income, opportunity amount, est revenue, "
    "estimated revenue, actual revenue, actual value + estimated value, estimated value, expected amount, "
    "amount amount",
    "list_amount": "list amount, list price, list value, сумма без скидки, цена без скидки, стоимость без скидки, "
    "сумма до скидки, цена по прайсу",
    "cost": "cost, costs, cost of goods, cost of goods sold, cogs, cost price, себестоимость, "
    "закупочная стоимость, закупочная цена, закупка",
    "currency": CURRENCY,
    "probability": "probability, win probability, stage probability, close probability, hs deal stage probability, "
    "вероятность, вероятность успеха, вероятность закрытия, вероятность сделки",
    "expected_close": "expected close, expected close date, expected closing, expected closing date, "
    "expected close on, est close date, estimated close date, forecast close date, planned close date, "
    "planned close, assumed close date, предполагаемая дата закрытия, планируемая дата закрытия, "
    "ожидаемая дата закрытия, ожидаемое закрытие, плановая дата закрытия, дата закрытия план, расч дата закрытия, "
    "расчетная дата закрытия",
    "reason": "reason, loss reason, lost reason, closed lost reason, reason lost, reason for loss, lost reason name, "
    "close reason, причина, причина отказа, причина провала, причина проигрыша, причина закрытия, причина потери, "
    "loss reason name, loss reason id, lost reason id",
    "lead": "lead, lead id, лид, id лида, ид лида, original lead, originating lead, originating lead id, "
    "source lead id",
}

LEAD: Mapping[str, str] = {
    "id": "id, record id, object id, hs object id, ид, номер, number, no, №, код, do not modify, external id, "
    "lead, лид",
    "created_at": f"{CREATED}, дата заявки, дата обращения, дата поступления, date, дата",
    "channel": CHANNEL,
    "campaign": CAMPAIGN,
    "manager": f"{MANAGER}, contact owner",
    "region": REGION,
    "status": "status, lead status, hs lead status, статус, state, состояние, стадия, этап, stage, lifecycle stage, "
    "lifecyclestage, status id, status semantic id",
    "converted_at": "converted at, converted date, converted date time, converted time, convert date, date converted, "
    "conversion date, conversion time, date conversion, дата конвертации, дата преобразования, "
    "сконвертирован, qualified on",
    "first_response_at": "first response at, first response, first response time, first responded date, first reply, "
    "first contacted, first contact date, first call date, first activity, первый ответ, дата первого ответа, "
    "время первого ответа, первый контакт",
    "customer": f"company account, {CUSTOMER}",
}

SPEND: Mapping[str, str] = {
    "at": "at, date, day, дата, день, spend date, month, месяц, reporting starts, start date, дата начала, "
    "дата расхода, дата списания, дата оплаты, created at, дата создания",
    "amount": "amount, amount spent, spend, spent, cost, costs, actual cost, total cost, расход, расходы, затраты, "
    "сумма, потрачено, стоимость, списано, бюджет, budget, price, total",
    "currency": CURRENCY,
    "channel": "channel, канал, platform, площадка, рекламная система, рекламный канал, source, источник, "
    "utm source, network, medium",
    "campaign": CAMPAIGN,
    "kind": "kind, вид расхода, вид затрат",
}

LINE: Mapping[str, str] = {
    "deal": f"{DEAL_ID}, order reference, order id, заказ, номер заказа",
    "product": "product, product name, товар, наименование, наименование товара, название товара, продукт, услуга, "
    "номенклатура, модель, model, name, название, product code, product id, артикул, sku",
    "quantity": "quantity, qty, количество, кол во, count, ordered quantity",
    "price": "price, unit price, sales price, item price, price per unit, selling price, цена, цена за единицу, "
    "цена за шт, цена продажи",
    "list_price": "list price, list unit price, base price, price brutto, цена без скидки, цена по прайсу, прайс",
    "cost": "cost, unit cost, cost price, cost of goods sold, hs cost of goods sold, purchase cost, себестоимость, "
    "закупочная цена, цена закупки",
    "kind": "kind, вид",
    "currency": CURRENCY,
}

CHANGE: Mapping[str, str] = {
    "deal": f"{DEAL_ID}, entity id, object id, record id",
    "stage": "stage, to stage, new stage, stage to, stage after, stage name, deal stage, sales stage, этап, стадия, "
    "новый этап, новая стадия, на этап, этап после, pipeline stage, stage id, status id, status, статус",
    "at": "at, changed at, change date, change time, entered at, date entered, stage entered at, moved at, time, "
    "timestamp, event time, edit date, last modified, last modified date, modified time, created time, created date, "
    "created at, created on, log time, дата, дата изменения, дата перехода, дата и время, дата события, время, когда, "
    "date",
    "pipeline": PIPELINE,
    "seq": "seq, sequence, порядок, порядковый номер",
    "manager": f"{MANAGER}, changed by, edited by, last modified by, modified by, кем изменено, автор, created by",
}

CALL: Mapping[str, str] = {
    "id": "id, call id, record id, hs object id, ид, номер звонка, no, №, do not modify",
    "started_at": "started at, start time, call start time, call start date, start date, start, call time, call date, "
    "date start, hs timestamp, activity date, created at, created date, created on, date, дата, дата звонка, "
    "время звонка, дата и время, дата и время звонка, начало, время начала, дата создания, time, время",
    "manager": f"{MANAGER}, от кого, принял",
    "phone": "phone, phone number, телефон, номер телефона, номер, number, client number, номер клиента, "
    "customer number, to number, hs call to number, from number",
    "duration": "duration, talk time, duration in seconds, call duration, call duration in seconds, "
    "duration seconds, длительность, длительность звонка, длительность разговора, время разговора, "
    "продолжительность, billsec",
    "direction": "direction, call direction, hs call direction, call type, type, направление, тип звонка, тип, "
    "вид звонка, kind",
    "answered": "answered, is answered, отвечен, принят, call result, call outcome, outcome, result, disposition, "
    "call disposition, hs call status, call status, status, результат, результат звонка, статус, статус звонка, "
    "call failed code",
    "deal": DEAL_ID,
    "customer": CUSTOMER,
}

INTERACTION: Mapping[str, str] = {
    "id": "id, activity id, task id, event id, engagement id, record id, hs object id, ид, №, do not modify",
    "at": "at, marked as done time, completed at, completed date time, completed date, completed time, date completed, "
    "дата выполнения, дата завершения, hs timestamp, activity date, actual end, start time, start date, "
    "created at, created time, created date, created on, date, дата, дата и время, время, time, дата создания, "
    "add time",
    "kind": "kind, type, activity type, task subtype, engagement type, interaction type, тип, вид, тип дела, "
    "тип события, тип активности, тип задачи, type id",
    "manager": MANAGER,
    "requested_at": "requested at, request date, дата запроса, запрошено, дата обращения",
    "customer": CUSTOMER,
    "deal": DEAL_ID,
}

QUOTA: Mapping[str, str] = {
    "manager": MANAGER,
    "start": "start, start date, from, period start, begin, begin date, month, quarter, с, начало, начало периода, "
    "дата начала, месяц, период, period",
    "end": "end, end date, to, until, period end, по, до, конец, конец периода, окончание, дата окончания",
    "amount": "amount, quota, target, target amount, goal, plan, value, quota amount, план, план продаж, "
    "цель, сумма, норма, квота",
    "currency": CURRENCY,
}

STAFF: Mapping[str, str] = {
    "name": "name, full name, manager, manager name, user, user name, display name, имя, фио, полное имя, сотрудник, "
    "менеджер, employee, employee name, sales agent, sales rep, salesperson, rep, agent, продавец, owner, owner name",
    "team": "team, sales team, группа, команда, отдел, department, подразделение, group, role, user role, роль, unit",
    "hired_at": "hired at, hire date, hired, hired on, start date, joined, date joined, employment date, дата приема, "
    "дата найма, дата приема на работу, дата трудоустройства, принят, работает с",
    "left_at": "left at, left, left on, end date, termination date, last day, дата увольнения, уволен, работал до",
    "monthly_cost": "monthly cost, salary, monthly salary, cost per month, оклад, зарплата, зарплата в месяц, "
    "стоимость в месяц, затраты в месяц",
    "currency": CURRENCY,
}

FIELDS: Mapping[type, Mapping[str, str]] = {
    Deal: DEAL,
    Lead: LEAD,
    Spend: SPEND,
    DealLine: LINE,
    StageChange: CHANGE,
    Call: CALL,
    Interaction: INTERACTION,
    Quota: QUOTA,
    Manager: STAFF,
}
"""What the fields of each record are called."""

_OWN = {
    Deal: "property, properties, deal, deals, opportunity, opportunities, сделка, сделки, сделке, сделок, "
    "возможность, возможная",
    Lead: "lead, leads, лид, лида, лиды, лидов",
    Call: "call, calls, звонок, звонка, звонки",
    DealLine: "product, line, item",
    Interaction: "activity, activities, engagement, дело, дела",
}
OWN: Mapping[type, frozenset[str]] = {record: frozenset(words.split(", ")) for record, words in _OWN.items()}
"""Words that only say whose heading it is: Deal owner, Lead - Source."""

TOGETHER: Mapping[str, frozenset[str]] = {
    "status": frozenset({"stage"}),
    "stage": frozenset({"status"}),
    "closed_at": frozenset({"expected_close"}),
    "expected_close": frozenset({"closed_at"}),
}
"""Fields that may be read from one heading: whether a deal is open often only its stage says."""
