"""Headings and status words of real exports: a first draft that its owner reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_metrics import Deal, Record, Spend
from crm_metrics.headings import DEAL, LOST, OPEN, SPEND, WON, guess_columns, guess_status
from crm_metrics.schemas import schema

EXPORTS: dict[str, dict[str, str]] = {  # headings of an export, and the fields they should be given to
    "amoCRM": {
        "ID": "id", "Название сделки": "", "Компания": "customer", "Основной контакт": "", "Ответственный": "manager",
        "Этап сделки": "status", "Воронка": "pipeline", "Бюджет": "amount", "Дата создания": "created_at",
        "Кем создана": "", "Дата закрытия": "closed_at", "Теги сделки": "", "Источник": "channel",
    },
    "Bitrix24": {
        "ID": "id", "Название": "", "Стадия сделки": "status", "Тип": "", "Вероятность": "probability",
        "Сумма": "amount", "Валюта": "currency", "Компания": "customer", "Дата создания": "created_at",
        "Сделка закрыта": "", "Дата завершения": "closed_at", "Предполагаемая дата закрытия": "expected_close",
        "Ответственный": "manager", "Источник": "channel", "Направление": "pipeline", "Товар": "product",
    },
    "Bitrix24 API": {
        "ID": "id", "TITLE": "", "CATEGORY_ID": "pipeline", "STAGE_ID": "stage", "STAGE_SEMANTIC_ID": "status",
        "OPPORTUNITY": "amount", "CURRENCY_ID": "currency", "DATE_CREATE": "created_at", "ASSIGNED_BY_ID": "manager",
        "SOURCE_ID": "channel", "LEAD_ID": "lead", "COMPANY_ID": "customer",
    },
    "HubSpot": {
        "Record ID": "id", "Deal Name": "", "Deal Stage": "status", "Pipeline": "pipeline", "Deal owner": "manager",
        "Amount": "amount", "Create Date": "created_at", "Close Date": "closed_at", "Closed Lost Reason": "reason",
        "Original Traffic Source": "channel", "Associated Company": "customer", "Currency": "currency",
    },
    "Salesforce": {
        "Opportunity ID": "id", "Opportunity Name": "", "Stage": "status", "Amount": "amount",
        "Amount Currency": "currency", "Probability (%)": "probability", "Close Date": "closed_at",
        "Created Date": "created_at", "Opportunity Owner": "manager", "Lead Source": "channel",
        "Account Name": "customer", "Primary Campaign Source": "campaign",
    },
    "Salesforce API": {
        "Id": "id", "StageName": "status", "Amount": "amount", "CloseDate": "closed_at", "CreatedDate": "created_at",
        "OwnerId": "manager", "LeadSource": "channel", "CampaignId": "campaign", "CurrencyIsoCode": "currency",
        "AccountId": "customer",
    },
    "Pipedrive": {
        "Deal - ID": "id", "Deal - Title": "", "Deal - Owner": "manager", "Deal - Value": "amount",
        "Deal - Currency of Value": "currency", "Deal - Status": "status", "Deal - Stage": "stage",
        "Deal - Deal created": "created_at", "Deal - Won time": "", "Deal - Deal closed on": "closed_at",
        "Deal - Lost reason": "reason", "Deal - Organization": "customer",
        "Deal - Expected close date": "expected_close",
    },
    "a public data set": {
        "opportunity_id": "id", "sales_agent": "manager", "product": "product", "account": "customer",
        "deal_stage": "status", "engage_date": "created_at", "close_date": "closed_at", "close_value": "amount",
    },
    "a spreadsheet": {
        "№": "id", "Дата": "created_at", "Клиент": "customer", "Менеджер": "manager", "Сумма, руб.": "amount",
        "Себестоимость (₽)": "cost", "Статус": "status", "Город": "region", "Причина отказа": "reason",
    },
}  # fmt: skip


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS.keys())
def test_the_headings_of_real_exports_are_known(export: dict[str, str]) -> None:
    assert guess_columns(export, Deal) == {field: heading for heading, field in export.items() if field}


@pytest.mark.parametrize(
    ("headings", "expected"),
    [
        (["Дата", "Канал", "Расход, руб."], {"at": "Дата", "amount": "Расход, руб.", "channel": "Канал"}),
        (
            ["Day", "Campaign name", "Amount spent (RUB)", "Platform"],
            {"at": "Day", "amount": "Amount spent (RUB)", "channel": "Platform", "campaign": "Campaign name"},
        ),
        (["date", "utm_source", "cost"], {"at": "date", "amount": "cost", "channel": "utm_source"}),
    ],
)
def test_the_headings_of_spending_are_known(headings: list[str], expected: dict[str, str]) -> None:
    assert guess_columns(headings, Spend) == expected


@pytest.mark.parametrize(
    "heading", ["created_at", "Created At", "CREATED-AT", " created.at ", "createdAt", "Created at:"]
)
def test_case_spaces_and_punctuation_do_not_matter(heading: str) -> None:
    assert guess_columns([heading], Deal) == {"created_at": heading}


def test_the_letter_yo_does_not_matter() -> None:
    assert guess_status(["Счёт на предоплату", "Счет на предоплату"]) == {
        "Счёт на предоплату": "open",
        "Счет на предоплату": "open",
    }


def test_a_likelier_heading_goes_first_and_required_fields_choose_first() -> None:
    assert guess_columns(["Contact", "Company"], Deal) == {"customer": "Company"}
    assert guess_columns(["Stage"], Deal) == {"status": "Stage"}
    assert guess_columns(["Stage", "Status"], Deal) == {"status": "Status", "stage": "Stage"}


@given(st.lists(st.sampled_from([word for names in DEAL.values() for word in names.split(", ")]), unique=True))
def test_one_heading_is_never_given_to_two_fields(headings: list[str]) -> None:
    columns = guess_columns(headings, Deal)
    assert len(set(columns.values())) == len(columns)
    assert set(columns.values()) <= set(headings)
    assert list(columns) == [name for name in schema(Deal) if name in columns]


@pytest.mark.parametrize("record", [Deal, Spend])
def test_every_field_has_its_own_name_among_its_headings(record: type) -> None:
    names = list(schema(record))
    assert guess_columns(names, record) == {name: name for name in names}
    assert set(DEAL if record is Deal else SPEND) == set(names)


def test_a_table_of_any_columns_has_nothing_to_guess() -> None:
    assert guess_columns(["id", "amount"], Record) == {}


def test_headings_that_say_nothing_are_left_out() -> None:
    assert guess_columns(["", "Комментарий", "Название сделки", "Top Gear"], Deal) == {}


@pytest.mark.parametrize(
    ("label", "status"),
    [
        ("Успешно реализовано", "won"),
        ("Закрыто и не реализовано", "lost"),
        ("Первичный контакт", "open"),
        ("142", "won"),
        ("143", "lost"),
        ("C1:WON", "won"),
        ("C12:LOSE", "lost"),
        ("C1:NEW", "open"),
        ("Closed Won", "won"),
        ("closedlost", "lost"),
        ("Closed won (Sales Pipeline)", "won"),
        ("appointmentscheduled", "open"),
        ("Proposal/Price Quote", "open"),
        ("Id. Decision Makers", "open"),
        ("Won", "won"),
        ("Lost", "lost"),
        ("Engaging", "open"),
        ("Prospecting", "open"),
        (" ОТКАЗ ", "lost"),
        ("В работе", "open"),
    ],
)
def test_the_status_words_of_real_exports_are_known(label: str, status: str) -> None:
    assert guess_status([label]) == {label: status}


def test_an_unknown_status_is_left_for_its_owner() -> None:
    assert guess_status(["Тест-драйв", "", None, "deleted", "Не выиграно", "won?!"]) == {"won?!": "won"}


def test_no_status_word_means_two_things() -> None:
    words = [word.strip().casefold() for words in (WON, LOST, OPEN) for word in words.replace("\n", " ").split(",")]
    assert len(words) == len(set(words))
