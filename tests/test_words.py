"""Words of real exports: what they mean, in nine systems, two languages and by hand; and what stays unknown."""

from __future__ import annotations

import pytest

from crm_metrics import Call, Deal, DealLine, Interaction, Lead, Spend
from crm_metrics._reading.headings import guess_not_closed, guess_status, guess_values, nobody
from crm_metrics._reading.headings.keys import word_key
from crm_metrics._reading.headings.values import guess_flags
from crm_metrics._reading.headings.words import WORDS
from crm_metrics.records.schemas import schema

KNOWN: dict[tuple[type, str], dict[str, str]] = {  # words with a bar between them
    (Deal, "status"): {
        "won": "142|142.0|C1:WON|S|Won|won?!|Closed Won|closedwon|Closed won (Sales Pipeline)|Closed - won|Signed|Paid|"
        "Converted|Успешно реализовано|Сделка успешна|Сделка заключена|Закрыто с успехом /Товар отгружен|Успех|"
        "Оплачено",
        "lost": "143|C12:LOSE|F|APOLOGY|Closed Lost|closedlost|Closed-Lost to Competition|Lost|Canceled|Cancelled|Dead|"
        "Out-Sold|Disqualified| ОТКАЗ |Закрыто и не реализовано|Сделка провалена|Анализ причины провала|Провал|"
        "Закрыто с потерями /Товар возвращён|Отменена",
        "open": "P|C1:NEW|C1:PREPAYMENT_INVOIC|EXECUTING|Open|In Progress|On Hold|New|Pending|Prospecting|Engaging|"
        "appointmentscheduled|Decision Maker Bought-In|Proposal/Price Quote|Id. Decision Makers|Negotiation/Review|"
        "Identify Decision Makers|Contact Made|Negotiations Started|Proposition|Первичный контакт|В работе|Разведка|"
        "Принимают решение|Подготовка документов|Счёт на предоплату|Счет на предоплату|Финальный счёт|Неразобранное",
    },
    (Deal, "kind"): {"new": "New Business|новый клиент", "repeat": "Existing Business", "renewal": "Renewal"},
    (Lead, "status"): {
        "new": "NEW|IN_PROCESS|Open - Not Contacted|Working - Contacted|Attempted to Contact|Assigned|В работе|"
        "Не обработан",
        "qualified": "PROCESSED|Qualified|Pre-Qualified|marketing qualified lead|Обработан",
        "converted": "CONVERTED|Converted|Closed - Converted|OPEN_DEAL|Качественный лид|Лид сконвертирован",
        "junk": "JUNK|Junk Lead|Spam|Duplicate|Некачественный лид|Спам",
    },
    (Call, "direction"): {
        "in": "INBOUND|Inbound|Incoming|Входящий|call_in|Missed|incoming_call",
        "out": "OUTBOUND|Outbound|Outgoing|Исходящий|call_out|исх.",
    },
    (Call, "answered"): {
        "yes": "Connected|Completed|Held|Отвечен|f240bbac-87c9-4f6e-bf70-924b57d47db7",
        "no": "NO_ANSWER|BUSY|no_answer|left_voicemail|Missed|Not Held|Нет ответа|Пропущенный|Занято",
        "": "Planned|Scheduled",
    },
    (Interaction, "kind"): {
        "call": "Call|Phone Call|incoming_call|outgoing_call|Звонок",
        "email": "EMAIL|E-mail|incoming_mail|Письмо",
        "meeting": "MEETING|Appointment|Lunch|Встреча",
        "sms": "outgoing_sms|СМС",
        "messenger": "incoming_chat_message|WhatsApp|Чат",
        "presentation": "Demo|Презентация",
        "proposal": "Коммерческое предложение",
        "visit": "Визит",
    },
    (Spend, "kind"): {"acquisition": "Реклама|Advertising", "payroll": "Зарплата", "software": "Licences"},
    (DealLine, "kind"): {"cross_sell": "Cross-sell|Accessory", "upsell": "Upgrade"},
    (Deal, "currency"): {"USD": "US Dollar", "EUR": "Euro", "RUB": "Российский рубль"},
}
CASES = [(*where, label, meant) for where, said in KNOWN.items() for meant, s in said.items() for label in s.split("|")]


@pytest.mark.parametrize(("record", "field", "label", "meant"), CASES)
def test_the_words_of_real_exports_are_known(record: type, field: str, label: str, meant: str) -> None:
    assert guess_values(field, [label], record) == {label.strip(): meant}


@pytest.mark.parametrize(
    "label", ["Тест-драйв", "", "deleted", "Не выиграно", "Closed", "Stage 2", "UC_AB12", "2", "14"]
)
def test_a_word_that_is_not_known_is_left_to_its_owner(label: str) -> None:
    assert guess_status([label, None]) == {}


@pytest.mark.parametrize("label", ["Disqualified", "Unqualified", "Lost Lead", "Closed - Not Converted", "Dead", "F"])
def test_a_lead_that_came_to_nothing_is_not_taken_for_junk(label: str) -> None:
    assert guess_values("status", [label], Lead) == {}  # junk does not count in a conversion rate, and these do


@pytest.mark.parametrize(
    ("heading", "record", "field", "cells", "meant"),
    [
        ("CALL_TYPE", Call, "direction", ["1", "2", "3", "4"], {"1": "out", "2": "in", "3": "in", "4": "out"}),
        ("callType", Call, "direction", [1, 2.0], {"1": "out", "2.0": "in"}),
        ("DIRECTION", Call, "direction", ["1", "2"], {"1": "in", "2": "out"}),
        ("Call Type", Call, "direction", ["Outbound", "Missed"], {"Outbound": "out", "Missed": "in"}),
        ("Тип", Call, "direction", ["1", "2"], {}),
        ("CALL_FAILED_CODE", Call, "answered", ["200", "304", "603-S"], {"200": "yes", "304": "no", "603-S": "no"}),
        ("call_status", Call, "answered", ["4", "6", "8"], {"4": "yes", "6": "no"}),
        ("TYPE_ID", Interaction, "kind", ["1", "2", "3", "4"], {"1": "meeting", "2": "call", "4": "email"}),
        ("statecode", Deal, "status", ["0", "1", "2"], {"0": "open", "1": "won", "2": "lost"}),
        ("Status", Deal, "status", ["0", "1", "2"], {}),
    ],
)
def test_a_code_means_what_its_heading_says(
    heading: str, record: type, field: str, cells: list[object], meant: dict[str, str]
) -> None:
    assert guess_values(field, cells, record, heading) == meant


YES_AND_NO = ["true false", "TRUE FALSE", "True False", "1 0", "Yes No", "Y N", "Да Нет", "да нет", "ИСТИНА ЛОЖЬ"]


@pytest.mark.parametrize("cells", YES_AND_NO)
def test_booleans_tell_the_status_together_however_they_are_written(cells: str) -> None:
    yes, no = cells.split()
    assert guess_flags("IsWon", [yes, no]) == {yes: "won", no: ""}
    assert guess_flags("Is Closed", [yes, no]) == {yes: "lost", no: "open"}
    assert guess_flags("Сделка закрыта", [yes, no]) == {yes: "lost", no: "open"}
    assert guess_flags("Active", [yes, no]) == {yes: "", no: "lost"}
    assert guess_flags("Stage", [yes, no]) is None


def test_booleans_of_a_frame_are_booleans_too() -> None:
    assert guess_flags("IsWon", [True, False, None]) == {"True": "won", "False": ""}
    assert guess_flags("IsWon", [1, 0]) == {"1": "won", "0": ""}


def test_what_stands_for_no_date_is_known() -> None:
    assert guess_not_closed(["25.04.2024", "не закрыта", "", "не закрыта", "Not closed", "когда-нибудь"]) == [
        "не закрыта",
        "Not closed",
    ]


@pytest.mark.parametrize("heading", ["COMPANY_ID", "CONTACT_ID", "companyId", "Company ID", "ID компании", "lead_id"])
def test_nobody_has_the_id_0(heading: str) -> None:
    assert nobody(heading) == {"0", "0.0", "00000000-0000-0000-0000-000000000000"}


@pytest.mark.parametrize("heading", ["Компания", "Paid", "PAID", "customer", "", "Valid", "Company"])
def test_0_is_a_name_or_a_number_where_no_ids_are_meant(heading: str) -> None:
    assert nobody(heading) == frozenset()


def test_no_word_means_two_things_and_every_meaning_is_there() -> None:
    for record, fields in WORDS.items():
        for field, choices in fields.items():
            meanings = [{word_key(word) for word in said.split(",")} for said in choices.values()]
            assert sum(map(len, meanings)) == len(set().union(*meanings)) and "" not in set().union(*meanings)
            about = schema(record)[field]
            assert set(choices) <= {*(about.choices or ("yes", "no")), ""}


def test_cells_of_any_kind_may_be_looked_at() -> None:
    assert guess_status([None, float("nan"), [1, 2], {"a": 1}, True, 142]) == {"142": "won"}  # type: ignore[list-item]
