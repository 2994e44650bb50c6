"""What the words of a column mean, in the nine systems and in hand-kept spreadsheets: known words, and no likeness.

By record, field and choice. Words are looked up by `crm_metrics._reading.headings.keys.word_key`.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_metrics.records import Call, Deal, DealLine, Interaction, Lead, Spend

WON = """won, closed won, closed win, win, success, successful, successfully closed, sold, closed successfully, 142, s,
signed, paid, converted, closed converted, успешно реализовано, успешно, успешная, успешный, успешные, успех,
успешно завершена, успешно закрыта, закрыта успешно, закрыто успешно, закрыто с успехом,
закрыто с успехом товар отгружен, закрыто и реализовано, выиграна, выиграно, выигран, выигрыш, продано, продана,
продажа, реализовано, куплено, оплачен, оплачена, оплачено, договор оплачен, подписан, подписано, подписана,
сделка успешна, сделка выиграна, сделка заключена, сделка закрыта успешно"""

LOST = """lost, closed lost, closed loss, lose, loss, failed, failure, refused, refusal, rejected, declined, apology,
canceled, cancelled, closed canceled, closed cancelled, dead, disqualified, unqualified, abandoned, out sold, outsold,
closed lost to competition, lost to competition, lost to competitor, closed not converted, 143, f,
закрыто и не реализовано, закрыта и не реализована, не реализовано, провал, провалена, провалено, проваленная,
проваленные, проиграна, проиграно, проигран, проигрыш, отказ, отказано, отказ клиента, потеряна, потеряно, неуспешно,
не успешно, неуспешная, закрыта неуспешно, закрыто неуспешно, закрыто с потерями, закрыто с потерями товар возвращен,
закрыто провал, отменен, отменена, отменено, отмена, аннулирована, аннулировано, дисквалифицирован, дисквалифицирована,
анализ причины провала, сделка провалена, сделка проиграна, проиграно конкуренту, закрыто проиграно конкуренту"""

OPEN = """open, opened, new, in progress, in process, active, in work, pending, on hold, ongoing, p, новый, новая,
новое, открыта, открыто, открыт, в работе, в процессе, активна, активная, активный, приостановлена, неразобранное,
неразобранные, первичный контакт, переговоры, принимают решение, согласование договора, взято в работу,
incoming leads, unsorted, initial contact, discussions, decision making, contract discussion, подготовка документов,
счет на предоплату, cчет на предоплату, финальный счет, сделка в работе, обработка приостановлена,
уточнение информации, предложение, переговоры в процессе, preparation, prepayment invoice, prepayment invoic,
executing, final invoice, details, document preparation, invoice, in production, appointment scheduled,
qualified to buy, presentation scheduled, decision maker bought in, contract sent, prospecting, engaging,
qualification, needs analysis, value proposition, id decision makers, identify decision makers,
identifying decision makers, perception analysis, proposal price quote, negotiation review, negotiation, proposal,
proposition, qualified, qualify, develop, propose, contact made, demo scheduled, proposal made, negotiations started,
lead in, разведка, оценка, анализ потребностей, предложение ценности, оценочное предложение,
выявление лиц принимающих решения, анализ реакции, ком предложение выставление счета, предложение цена,
согласование пересмотр, квалификация, квалифицировано, предложение сделано, новые"""

NOT_CLOSED = """не закрыта, не закрыто, не закрыт, not closed, still open, открыта, open"""
"""What stands in a column of closing dates for a deal that is open."""

NEW = """new, open, opened, not contacted, open not contacted, attempted to contact, contact in future, contacted,
working, working contacted, connected, bad timing, assigned, in process, in progress, recycled, nurturing, lead,
subscriber, p, новый, новая, не обработан, не обработано, в работе, в процессе, в обработке, назначен, лид в работе,
связались, неразобранное"""

QUALIFIED = """qualified, pre qualified, marketing qualified lead, sales qualified lead, mql, sql, processed,
обработан, квалифицирован, квалифицирована, квалифицированный"""

CONVERTED = """converted, closed converted, open deal, opportunity, customer, s, success, качественный лид,
сконвертирован, лид сконвертирован, конвертирован, сконвертирован в сделку, преобразован"""

JUNK = """junk, junk lead, spam, duplicate, test, not a lead, некачественный лид, некачественный, спам, дубль, дубликат,
тест, не лид"""
"""A lead that was refused, lost or disqualified was one: it counts in a conversion rate, so it is not among these."""

WORDS: Mapping[type, Mapping[str, Mapping[str, str]]] = {
    Deal: {
        "status": {"open": OPEN, "won": WON, "lost": LOST},
        "kind": {
            "new": "new, new business, new customer, новый, новая, новый клиент",
            "repeat": "repeat, existing business, existing customer, повторный, повторная, повторная продажа",
            "upsell": "upsell, up sell, upgrade, допродажа",
            "cross_sell": "cross sell, crosssell, кросс продажа, перекрестная продажа",
            "renewal": "renewal, renew, продление",
        },
    },
    Lead: {"status": {"new": NEW, "qualified": QUALIFIED, "converted": CONVERTED, "junk": JUNK}},
    Spend: {
        "kind": {
            "acquisition": "acquisition, advertising, ads, реклама, привлечение",
            "nurture": "nurture, retention, удержание",
            "payroll": "payroll, salary, salaries, wages, зарплата, зарплаты, фот",
            "software": "software, licences, licenses, subscriptions, по, программы, лицензии, подписки",
            "other": "other, прочее, другое",
        },
    },
    DealLine: {
        "kind": {
            "base": "base, main, основной, основная, основное",
            "upsell": "upsell, up sell, upgrade, допродажа",
            "cross_sell": "cross sell, crosssell, add on, addon, accessory, аксессуар, кросс продажа",
        },
    },
    Call: {
        "direction": {
            "in": "in, inbound, incoming, incoming call, inbound call, call in, missed, missed call, входящий, "
            "входящие, входящий звонок, вх, пропущенный, пропущенный звонок",
            "out": "out, outbound, outgoing, outgoing call, outbound call, call out, исходящий, исходящие, "
            "исходящий звонок, исх",
        },
        "answered": {
            "yes": "yes, answered, connected, completed, complete, held, talked, talk, successful, success, "
            "left live message, f240bbac-87c9-4f6e-bf70-924b57d47db7, a4c4c377-d246-4b32-a13b-75a56a4cd0ff, "
            "отвечен, отвечено, принят, принятый, состоялся, успешный, успешно, успешный звонок, разговор состоялся",
            "no": "no, no answer, not answered, unanswered, missed, busy, failed, not held, canceled, cancelled, "
            "left voicemail, left voice mail, left message, voicemail, wrong number, rejected, "
            "73a0d17f-1163-4015-bdd5-ec830791da20, 9d9162e7-6cf3-4944-bf63-4dff82258764, "
            "b2cf5968-551e-4856-9783-52b3da59a7d0, 17b47fee-58de-441e-a44c-c6300d46f273, "
            "не отвечен, нет ответа, без ответа, не ответил, не дозвонились, недозвон, пропущен, пропущенный, "
            "пропущенный звонок, занято, недоступен, отменен, отклонен, неверный номер",
            "": "planned, scheduled, queued, ringing, in progress, запланирован, запланировано",
        },
    },
    Interaction: {
        "kind": {
            "call": "call, calls, phone call, phone, outbound call, inbound call, outgoing call, incoming call, "
            "call in, call out, звонок, звонки, телефонный звонок, входящий звонок, исходящий звонок",
            "email": "email, emails, mail, e mail, incoming email, outgoing email, incoming mail, outgoing mail, "
            "письмо, электронное письмо, электронная почта, почта, входящее письмо, исходящее письмо",
            "meeting": "meeting, meetings, appointment, lunch, встреча, встречи, собрание",
            "sms": "sms, text message, incoming sms, outgoing sms, смс, входящее sms, исходящее sms",
            "messenger": "messenger, chat, whatsapp, whats app, telegram, viber, incoming chat message, "
            "outgoing chat message, мессенджер, чат, сообщение, входящее сообщение, исходящее сообщение",
            "social": "social, linkedin, linked in, linkedin message, vk, вконтакте, соцсети",
            "presentation": "presentation, demo, презентация, демонстрация, демо",
            "proposal": "proposal, commercial proposal, коммерческое предложение, кп",
            "quote": "quote, quotation",
            "visit": "visit, визит, выезд",
            "document": "document, документ",
        },
    },
}
"""Words that say one thing wherever they stand in a field. A call that is planned is neither answered nor not; at a
wrong number nobody was reached. The long codes are the outcomes of calls that every HubSpot account has."""

CURRENCIES: Mapping[str, str] = {
    "USD": "us dollar, us dollars, u s dollar, доллар сша, доллары сша, доллар",
    "EUR": "euro, euros, евро",
    "GBP": "pound sterling, british pound, uk pound",
    "RUB": "russian ruble, russian rouble, ruble, rouble, российский рубль, рубль, рубли, рублей",
    "UAH": "ukrainian hryvnia, hryvnia, гривна, украинская гривна",
    "KZT": "kazakhstani tenge, tenge, тенге, казахстанский тенге",
    "BYN": "belarusian ruble, belarusian rouble, белорусский рубль",
    "INR": "indian rupee",
    "JPY": "japanese yen",
    "CHF": "swiss franc",
    "PLN": "polish zloty",
    "BRL": "brazilian real",
    "AUD": "australian dollar",
    "CAD": "canadian dollar",
}
"""Currencies by their names, which some systems write instead of a code."""

CODES: Mapping[str, Mapping[type, Mapping[str, Mapping[str, str]]]] = {
    "call type": {Call: {"direction": {"out": "1, 4", "in": "2, 3"}}},  # 4 is called back, 3 handed on
    "direction": {Call: {"direction": {"in": "1", "out": "2"}}},  # of a Bitrix24 activity: the other way round
    "direction code": {Call: {"direction": {"out": "1, true", "in": "0, false"}}},
    "call failed code": {
        Call: {"answered": {"yes": "200", "no": "304, 403, 404, 423, 480, 484, 486, 503, 603, 603 s"}}
    },
    "call status": {Call: {"answered": {"yes": "4", "no": "1, 2, 3, 5, 6, 7"}}},  # of an amoCRM note
    "type id": {Interaction: {"kind": {"meeting": "1", "call": "2", "email": "4"}}},
    "state code": {
        Deal: {"status": {"open": "0", "won": "1", "lost": "2"}},
        Lead: {"status": {"new": "0", "qualified": "1"}},
    },
}
"""What stands for a word under one heading only."""

YES_NO: Mapping[str, tuple[str, str]] = {
    "won, is won, is closed won, hs is closed won, выиграна": ("won", ""),
    "closed, is closed, hs is closed, закрыта, is deal closed": ("lost", "open"),
    "lost, is lost, is closed lost, hs is closed lost": ("lost", "open"),
    "active, активно": ("", "lost"),
}
"""What yes and no mean under headings that make a deal's status, each asked where those before it say nothing."""
