"""Headings of real exports: which of them hold which fields, in nine systems, two languages and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from crm_metrics import Call, Deal, DealLine, Interaction, Lead, Manager, Quota, Record, Spend, StageChange
from crm_metrics._reading.headings import Found, guess_columns, system
from crm_metrics._reading.headings.fields import FIELDS, TOGETHER
from crm_metrics._reading.headings.keys import keys
from crm_metrics._reading.headings.systems import SYSTEMS
from crm_metrics.records.schemas import schema

# The headings of an export, and the fields that each holds; two headings of one field make it together.
DEALS: dict[str, tuple[str | None, dict[str, str]]] = {
    "Salesforce, a report": ("Salesforce", {
        "Opportunity ID": "id", "Opportunity Name": "", "Stage": "stage", "Amount Currency": "currency",
        "Amount": "amount", "Probability (%)": "probability", "Close Date": "closed_at expected_close",
        "Created Date": "created_at", "Opportunity Owner": "manager", "Lead Source": "channel",
        "Account Name": "customer", "Primary Campaign Source": "campaign", "Won": "status", "Closed": "status",
    }),
    "Salesforce, a report without booleans": ("Salesforce", {
        "Opportunity ID": "id", "Opportunity Name": "", "Stage": "status stage", "Amount": "amount",
        "Close Date": "closed_at expected_close", "Created Date": "created_at", "Opportunity Owner": "manager",
    }),
    "Salesforce, the API": ("Salesforce", {
        "Id": "id", "StageName": "stage", "Amount": "amount", "CloseDate": "closed_at expected_close",
        "IsWon": "status", "IsClosed": "status", "CreatedDate": "created_at", "OwnerId": "manager",
        "LeadSource": "channel", "CampaignId": "campaign", "CurrencyIsoCode": "currency", "AccountId": "customer",
        "Probability": "probability",
    }),
    "Salesforce, a warehouse": ("Salesforce", {
        "id": "id", "stage_name": "stage", "amount": "amount", "close_date": "closed_at expected_close",
        "created_date": "created_at", "owner_id": "manager", "lead_source": "channel", "is_won": "status",
        "is_closed": "status", "account_id": "customer", "forecast_category": "",
    }),
    "HubSpot": ("HubSpot", {
        "Record ID": "id", "Deal Name": "", "Deal Stage": "status stage", "Pipeline": "pipeline",
        "Deal owner": "manager", "Amount": "amount", "Amount in company currency": "", "Create Date": "created_at",
        "Close Date": "closed_at expected_close", "Closed Lost Reason": "reason", "Original Traffic Source": "channel",
        "Associated Company": "customer", "Currency": "currency", "Deal probability": "probability",
        "Is Closed Won": "",
    }),
    "HubSpot, the API": ("HubSpot", {
        "hs_object_id": "id", "dealname": "", "amount": "amount", "deal_currency_code": "currency",
        "pipeline": "pipeline", "dealstage": "stage", "createdate": "created_at",
        "closedate": "closed_at expected_close", "hubspot_owner_id": "manager", "hs_is_closed_won": "status",
        "hs_is_closed": "status", "closed_lost_reason": "reason", "hs_analytics_source": "channel",
        "hs_deal_stage_probability": "probability",
    }),
    "HubSpot, with questions for headings": ("HubSpot", {
        "Record ID": "id", "Deal Stage": "stage", "Create Date": "created_at", "Is Closed Won": "status",
        "Is Deal Closed?": "status", "Close Date": "closed_at expected_close",
    }),
    "HubSpot, a warehouse": ("HubSpot", {
        "deal_id": "id", "property_dealname": "", "property_amount": "amount", "property_createdate": "created_at",
        "property_closedate": "closed_at expected_close", "pipeline_label": "pipeline",
        "pipeline_stage_label": "status stage", "owner_full_name": "manager", "property_hs_object_id": "",
        "property_hubspot_owner_id": "",
    }),
    "HubSpot, a warehouse without stages": ("HubSpot", {
        "deal_id": "id", "is_closed_won": "status", "is_closed": "status", "amount": "amount",
        "close_date": "closed_at expected_close", "create_date": "created_at",
    }),
    "Pipedrive": ("Pipedrive", {
        "Deal - ID": "id", "Deal - Title": "", "Deal - Owner": "manager", "Deal - Value": "amount",
        "Deal - Currency of value": "currency", "Deal - Status": "status", "Deal - Stage": "stage",
        "Deal - Deal created": "created_at", "Deal - Won time": "closed_at", "Deal - Lost time": "closed_at",
        "Deal - Lost reason": "reason", "Deal - Organization": "customer", "Deal - Probability": "probability",
        "Deal - Expected close date": "expected_close",
    }),
    "Pipedrive, with the day of either end": ("Pipedrive", {
        "Deal - ID": "id", "Deal - Status": "status", "Deal - Add time": "created_at", "Deal - Won time": "",
        "Deal - Lost time": "", "Deal - Deal closed on": "closed_at",
    }),
    "Pipedrive, the API": ("Pipedrive", {
        "id": "id", "title": "", "value": "amount", "currency": "currency", "add_time": "created_at", "won_time": "",
        "lost_time": "", "close_time": "closed_at", "first_won_time": "", "status": "status", "stage_id": "stage",
        "pipeline_id": "pipeline", "user_id": "manager", "org_id": "customer", "person_id": "",
        "lost_reason": "reason", "expected_close_date": "expected_close", "probability": "probability",
    }),
    "Zoho": ("Zoho", {
        "Record Id": "id", "Deal Owner.id": "", "Deal Owner": "manager", "Deal Name": "", "Account Name.id": "",
        "Account Name": "customer", "Amount": "amount", "Closing Date": "closed_at expected_close",
        "Stage": "status stage", "Probability (%)": "probability", "Expected Revenue": "", "Lead Source": "channel",
        "Campaign Source": "campaign", "Contact Name": "", "Created Time": "created_at", "Modified Time": "",
        "Reason For Loss": "reason", "Currency": "currency", "Exchange Rate": "", "Pipeline": "pipeline",
    }),
    "Zoho, the API": ("Zoho", {
        "id": "id", "Deal_Name": "", "Amount": "amount", "Closing_Date": "closed_at expected_close",
        "Stage": "status stage", "Account_Name": "customer", "Created_Time": "created_at", "Owner": "manager",
        "Lead_Source": "channel", "Probability": "probability", "Expected_Revenue": "",
    }),
    "Dynamics 365": ("Dynamics 365", {
        "(Do Not Modify) Opportunity": "id", "(Do Not Modify) Row Checksum": "", "(Do Not Modify) Modified On": "",
        "Topic": "", "Potential Customer": "customer", "Account": "", "Contact": "",
        "Est. Close Date": "expected_close", "Actual Revenue": "amount", "Est. Revenue": "amount",
        "Actual Close Date": "closed_at", "Probability": "probability", "Status": "status", "Status Reason": "reason",
        "Owner": "manager", "Created On": "created_at", "Currency": "currency", "Pipeline Phase": "stage",
        "Source Campaign": "campaign", "Originating Lead": "lead",
    }),
    "Dynamics 365, the API": ("Dynamics 365", {
        "opportunityid": "id", "name": "", "actualvalue": "amount", "estimatedvalue": "amount",
        "estimatedclosedate": "expected_close", "actualclosedate": "closed_at", "statecode": "status",
        "statuscode": "", "createdon": "created_at", "_ownerid_value": "manager", "_customerid_value": "customer",
        "closeprobability": "probability", "stepname": "stage",
    }),
    "Odoo": ("Odoo", {
        "External ID": "id", "Opportunity": "", "Customer": "customer", "Company": "", "State": "",
        "Country": "region", "Salesperson": "manager", "Sales Team": "pipeline", "Active": "status",
        "Stage": "status stage", "Expected Revenue": "amount", "Prorated Revenue": "", "Probability": "probability",
        "Created on": "created_at", "Closed Date": "closed_at", "Expected Closing": "expected_close",
        "Lost Reason": "reason", "Source": "channel", "Medium": "", "Campaign": "campaign",
    }),
    "Odoo, which says what was won": ("Odoo", {
        "ID": "id", "Opportunity": "", "Salesperson": "manager", "Stage": "stage", "Expected Revenue": "amount",
        "Created on": "created_at", "Closed Date": "closed_at", "Is Won": "status", "Active": "",
    }),
    "Odoo, the API": ("Odoo", {
        "id": "id", "name": "", "user_id": "manager", "team_id": "pipeline", "active": "status",
        "stage_id": "status stage", "expected_revenue": "amount", "probability": "probability",
        "create_date": "created_at", "date_closed": "closed_at", "date_deadline": "expected_close",
        "partner_id": "customer", "lost_reason_id": "reason", "source_id": "channel", "campaign_id": "campaign",
    }),
    "SuiteCRM": ("SuiteCRM", {
        "ID": "id", "Opportunity Name": "", "Account Name": "customer", "Sales Stage": "status stage",
        "Opportunity Amount": "amount", "Currency": "currency", "Expected Close Date": "closed_at expected_close",
        "Probability (%)": "probability", "Lead Source": "channel", "Assigned to": "manager",
        "Date Created": "created_at", "Type": "",
    }),
    "SuiteCRM, the database": ("SuiteCRM", {
        "id": "id", "name": "", "date_entered": "created_at", "assigned_user_id": "", "assigned_user_name": "manager",
        "account_name": "customer", "lead_source": "channel", "amount": "amount", "amount_usdollar": "",
        "currency_id": "currency", "date_closed": "closed_at expected_close", "sales_stage": "status stage",
        "probability": "probability", "deleted": "",
    }),
    "SuiteCRM in Russian": ("SuiteCRM", {
        "ID": "id", "Название сделки": "", "Контрагент": "customer", "Стадия продаж": "status stage",
        "Сумма сделки": "amount", "Валюта": "currency", "Предполагаемая дата закрытия": "closed_at expected_close",
        "Вероятность (%)": "probability", "Источник": "channel", "Ответственный": "manager",
        "Дата создания": "created_at",
    }),
    "amoCRM": ("amoCRM", {
        "ID": "id", "Название сделки": "", "Компания": "customer", "Основной контакт": "", "Ответственный": "manager",
        "Этап сделки": "status stage", "Воронка": "pipeline", "Бюджет": "amount", "Дата создания": "created_at",
        "Кем создана": "", "Дата закрытия": "closed_at", "Теги сделки": "", "Источник": "channel",
    }),
    "amoCRM, an older export": ("amoCRM", {
        "ID": "id", "Название сделки": "", "Бюджет ": "amount", "Ответственный": "manager",
        "Дата создания сделки": "created_at", "Кем создана сделка": "", "Дата редактирования": "",
        "Дата закрытия": "closed_at", "Теги": "", "Этап сделки": "status stage", "Воронка": "pipeline",
        "Полное имя контакта": "", "Компания контакта": "customer", "Ответственный за контакт": "",
    }),
    "amoCRM, the API": ("amoCRM", {
        "id": "id", "name": "", "price": "amount", "responsible_user_id": "manager", "group_id": "",
        "status_id": "status stage", "pipeline_id": "pipeline", "loss_reason_id": "reason",
        "created_at": "created_at", "closed_at": "closed_at", "closest_task_at": "",
    }),
    "Kommo, whose leads are deals": ("Kommo", {
        "ID": "id", "Lead title": "", "Company": "customer", "Main contact": "", "Responsible user": "manager",
        "Lead status": "status stage", "Pipeline": "pipeline", "Sale": "amount", "Created at": "created_at",
        "Created by": "", "Closed at": "closed_at", "Lead tags": "",
    }),
    "Bitrix24, the API": ("Bitrix24", {
        "ID": "id", "TITLE": "", "CATEGORY_ID": "pipeline", "STAGE_ID": "stage", "STAGE_SEMANTIC_ID": "status",
        "OPPORTUNITY": "amount", "CURRENCY_ID": "currency", "DATE_CREATE": "created_at", "ASSIGNED_BY_ID": "manager",
        "SOURCE_ID": "channel", "UTM_SOURCE": "", "LEAD_ID": "lead", "COMPANY_ID": "customer", "CONTACT_ID": "",
        "BEGINDATE": "", "CLOSEDATE": "closed_at expected_close", "CLOSED": "", "PROBABILITY": "probability",
    }),
    "Bitrix24, few columns of the API": ("Bitrix24", {
        "ID": "id", "STAGE_SEMANTIC_ID": "status", "OPPORTUNITY": "amount", "CURRENCY_ID": "currency",
        "DATE_CREATE": "created_at", "CLOSEDATE": "closed_at expected_close",
    }),
    "Bitrix24, the newer API": ("Bitrix24", {
        "id": "id", "title": "", "categoryId": "pipeline", "stageId": "status stage", "opportunity": "amount",
        "currencyId": "currency", "companyId": "customer", "createdTime": "created_at", "movedTime": "",
        "closedate": "closed_at expected_close", "assignedById": "manager", "sourceId": "channel",
    }),
    "Bitrix24, its sets of data": ("Bitrix24", {
        "ID": "id", "DATE_CREATE": "created_at", "ASSIGNED_BY_ID": "", "ASSIGNED_BY_NAME": "manager",
        "COMPANY_ID": "", "COMPANY_NAME": "customer", "CATEGORY_NAME": "pipeline", "STAGE_ID": "",
        "STAGE_NAME": "stage", "STAGE_SEMANTIC": "", "STAGE_SEMANTIC_ID": "status", "OPPORTUNITY": "amount",
        "CURRENCY_ID": "currency", "CLOSEDATE": "closed_at expected_close",
    }),
    "Bitrix24 in Russian": ("Bitrix24", {
        "ID": "id", "Воронка": "pipeline", "Стадия сделки": "stage", "Группа стадий": "status",
        "Название сделки": "", "Повторная сделка": "", "Вероятность": "probability", "Сумма": "amount",
        "Валюта": "currency", "Компания": "customer", "Контакт": "", "Дата создания": "created_at",
        "Предполагаемая дата закрытия": "closed_at expected_close", "Ответственный": "manager",
        "Источник": "channel", "Сделка закрыта": "",
    }),
    "Bitrix24 in Russian, few columns": ("Bitrix24", {
        "ID": "id", "Стадия сделки": "status stage", "Сумма": "amount", "Дата создания": "created_at",
        "Предполагаемая дата закрытия": "closed_at expected_close",
    }),
    "Bitrix24 with both days": ("Bitrix24", {
        "ID": "id", "Название": "", "Стадия сделки": "status stage", "Тип": "", "Сумма": "amount",
        "Дата создания": "created_at", "Сделка закрыта": "", "Дата завершения": "closed_at",
        "Предполагаемая дата закрытия": "expected_close", "Ответственный": "manager", "Направление": "pipeline",
    }),
    "Bitrix24 in English": ("Bitrix24", {
        "ID": "id", "Deal Name": "", "Stage": "stage", "Deal status": "status", "Probability, %": "probability",
        "Income": "amount", "Currency": "currency", "Company": "customer", "Created": "created_at",
        "Assumed close date": "closed_at expected_close", "Responsible": "manager", "Source": "channel",
        "Pipeline": "pipeline", "Closed": "", "Repeat deal": "",
    }),
    "a CRM that is none of the nine": (None, {
        "Id": "id", "Amount / Amount": "amount", "Amount / Currency": "currency", "Close date": "closed_at",
        "Stage": "status stage", "Created at": "created_at", "Owner": "manager",
    }),
    "a public data set": (None, {
        "opportunity_id": "id", "sales_agent": "manager", "product": "product", "account": "customer",
        "deal_stage": "status stage", "engage_date": "created_at", "close_date": "closed_at", "close_value": "amount",
    }),
    "a spreadsheet": (None, {
        "№": "id", "Дата": "created_at", "Клиент": "customer", "Менеджер": "manager", "Сумма, руб.": "amount",
        "Себестоимость (₽)": "cost", "Статус": "status", "Город": "region", "Причина отказа": "reason",
        "Предполагаемая дата закрытия": "expected_close",
    }),
}  # fmt: skip

OTHERS: dict[str, tuple[type, dict[str, str]]] = {
    "leads of Salesforce": (Lead, {
        "Lead ID": "id", "First Name": "", "Last Name": "", "Company / Account": "customer", "Lead Source": "channel",
        "Lead Status": "status", "Create Date": "created_at", "Lead Owner": "manager", "Converted": "",
        "Converted Date": "converted_at",
    }),
    "contacts of HubSpot": (Lead, {
        "Record ID": "id", "First Name": "", "Create Date": "created_at", "Lead Status": "status",
        "Lifecycle Stage": "", "Original Source": "channel", "Contact owner": "manager",
        "Associated Company": "customer",
    }),
    "leads of Pipedrive": (Lead, {
        "Lead - ID": "id", "Lead - Title": "", "Lead - Owner": "manager", "Lead - Lead created": "created_at",
        "Lead - Source": "channel", "Lead - Label": "", "Lead - Organization": "customer",
    }),
    "leads of Zoho": (Lead, {
        "Record Id": "id", "Lead Owner": "manager", "Company": "customer", "Lead Source": "channel",
        "Lead Status": "status", "Created Time": "created_at", "Converted Date Time": "converted_at",
    }),
    "leads of Dynamics 365": (Lead, {
        "(Do Not Modify) Lead": "id", "(Do Not Modify) Row Checksum": "", "Name": "", "Status Reason": "",
        "Status": "status", "Created On": "created_at", "Owner": "manager", "Lead Source": "channel",
        "Company Name": "customer",
    }),
    "leads of SuiteCRM": (Lead, {
        "ID": "id", "Status": "status", "Lead Source": "channel", "Date Created": "created_at",
        "Assigned to": "manager", "Account Name": "customer", "Refered By": "",
    }),
    "leads of Bitrix24": (Lead, {
        "ID": "id", "TITLE": "", "STATUS_ID": "status", "STATUS_SEMANTIC_ID": "", "SOURCE_ID": "channel",
        "DATE_CREATE": "created_at", "DATE_CLOSED": "", "ASSIGNED_BY_ID": "manager", "OPPORTUNITY": "",
        "COMPANY_ID": "customer",
    }),
    "leads of Bitrix24 in Russian": (Lead, {
        "ID": "id", "Название лида": "", "Статус": "status", "Состояние": "", "Источник": "channel",
        "Ответственный": "manager", "Дата создания": "created_at", "Название компании": "customer",
    }),
    "leads of Kommo are deals": (Lead, {
        "ID": "", "Lead title": "", "Responsible user": "manager", "Lead status": "", "Sale": "", "Created at": "",
    }),
    "history of Salesforce, a report": (StageChange, {
        "Opportunity ID": "deal", "Opportunity Name": "", "From Stage": "", "To Stage": "stage", "Amount": "",
        "Last Modified By": "manager", "Last Modified": "at",
    }),
    "history of Salesforce, the API": (StageChange, {
        "Id": "", "OpportunityId": "deal", "StageName": "stage", "Amount": "", "CloseDate": "", "CreatedDate": "at",
    }),
    "history of Bitrix24": (StageChange, {
        "ID": "seq", "TYPE_ID": "", "OWNER_ID": "deal", "CREATED_TIME": "at", "CATEGORY_ID": "pipeline",
        "STAGE_SEMANTIC_ID": "", "STAGE_ID": "stage",
    }),
    "history of Zoho": (StageChange, {
        "Deal Id": "deal", "Stage": "stage", "Closing Date": "", "Stage Duration": "", "Modified Time": "at",
        "Modified By": "manager",
    }),
    "history by hand": (StageChange, {"Сделка": "deal", "Стадия": "stage", "Дата": "at", "Ответственный": "manager"}),
    "calls of Bitrix24": (Call, {
        "ID": "id", "PORTAL_USER_ID": "manager", "PHONE_NUMBER": "phone", "CALL_TYPE": "direction",
        "CALL_DURATION": "duration", "CALL_START_DATE": "started_at", "CALL_FAILED_CODE": "answered",
        "CRM_ENTITY_TYPE": "", "CRM_ENTITY_ID": "",
    }),
    "calls of Zoho": (Call, {
        "Record Id": "id", "Call Owner": "manager", "Call Type": "direction", "Call Start Time": "started_at",
        "Call Duration": "", "Call Duration (in seconds)": "duration", "Related To": "", "Call Result": "answered",
    }),
    "calls of HubSpot, whose duration is in milliseconds": (Call, {
        "hs_object_id": "id", "hs_timestamp": "started_at", "hs_call_direction": "direction", "hs_call_duration": "",
        "hs_call_status": "", "hs_call_disposition": "answered", "hubspot_owner_id": "manager",
    }),
    "calls by hand": (Call, {
        "Дата и время": "started_at", "Сотрудник": "manager", "Номер телефона": "phone", "Тип звонка": "direction",
        "Длительность": "duration", "Результат": "answered",
    }),
    "activities of Pipedrive": (Interaction, {
        "Activity - ID": "id", "Activity - Type": "kind", "Activity - Assigned to user": "manager",
        "Activity - Due date": "", "Activity - Marked as done time": "at", "Deal - ID": "deal",
        "Organization - Name": "customer",
    }),
    "activities of Bitrix24, whose owner may be no deal": (Interaction, {
        "ID": "id", "OWNER_ID": "", "OWNER_TYPE_ID": "", "TYPE_ID": "kind", "DIRECTION": "", "START_TIME": "at",
        "RESPONSIBLE_ID": "manager", "PROVIDER_ID": "",
    }),
    "lines of Salesforce": (DealLine, {
        "Opportunity ID": "deal", "Product Name": "product", "Product Code": "", "Quantity": "quantity",
        "Sales Price": "price", "List Price": "list_price", "Total Price": "",
    }),
    "lines of Pipedrive": (DealLine, {
        "Deal - ID": "deal", "Product - Name": "product", "Product - Quantity": "quantity",
        "Product - Price": "price",
    }),
    "lines by hand": (DealLine, {
        "Номер сделки": "deal", "Наименование": "product", "Кол-во": "quantity", "Цена": "price",
        "Себестоимость": "cost",
    }),
    "advertising": (Spend, {"Day": "at", "Campaign name": "campaign", "Amount spent (RUB)": "amount",
                            "Platform": "channel"}),
    "advertising by hand": (Spend, {"Дата": "at", "Канал": "channel", "Расход, руб.": "amount"}),
    "campaigns": (Spend, {"Campaign Name": "campaign", "Start Date": "at", "Actual Cost": "amount",
                          "Budgeted Cost": ""}),
    "quotas": (Quota, {"Менеджер": "manager", "Начало": "start", "Конец": "end", "План продаж": "amount"}),
    "targets": (Quota, {"Owner": "manager", "Start Date": "start", "End Date": "end", "Target": "amount"}),
    "staff": (Manager, {"ФИО": "name", "Отдел": "team", "Дата приема": "hired_at", "Дата увольнения": "left_at",
                        "Оклад": "monthly_cost"}),
    "employees": (Manager, {"Full Name": "name", "Department": "team", "Hire Date": "hired_at",
                            "Termination Date": "left_at", "Salary": "monthly_cost", "Currency": "currency"}),
}  # fmt: skip


def fields_of(export: dict[str, str]) -> Found:
    """The table above the other way round: fields, and their headings."""
    out: dict[str, list[str]] = {}
    for heading, fields in export.items():
        for field in fields.split():
            out.setdefault(field, []).append(heading)
    return {field: headings if len(headings) > 1 else headings[0] for field, headings in out.items()}


@pytest.mark.parametrize(("known", "export"), DEALS.values(), ids=DEALS)
def test_deals_of_every_system_are_known(known: str | None, export: dict[str, str]) -> None:
    assert guess_columns(export, Deal) == fields_of(export)
    assert (found := system(export)) is None if known is None else (found := system(export)) and found.name == known


@pytest.mark.parametrize(("known", "export"), DEALS.values(), ids=DEALS)
def test_the_order_of_the_columns_does_not_matter(known: str | None, export: dict[str, str]) -> None:
    assert guess_columns(reversed(list(export)), Deal) == guess_columns(export, Deal)


@pytest.mark.parametrize(("record", "export"), OTHERS.values(), ids=OTHERS)
def test_the_other_records_are_known(record: type, export: dict[str, str]) -> None:
    assert guess_columns(export, record) == fields_of(export)


def test_a_heading_with_two_meanings_is_read_by_those_beside_it() -> None:
    odoo = guess_columns(["Opportunity", "Salesperson", "Expected Revenue", "Created on", "Stage"], Deal)
    bitrix = guess_columns(["OPPORTUNITY", "ASSIGNED_BY_ID", "DATE_CREATE", "STAGE_ID"], Deal)
    assert (odoo["amount"], bitrix["amount"]) == ("Expected Revenue", "OPPORTUNITY")
    assert "amount" not in guess_columns(["Opportunity", "Stage", "Created on"], Deal)
    sums = guess_columns(["Amount", "Expected Revenue", "Closing Date", "Created Time"], Deal)  # Zoho weighs it
    assert sums["amount"] == "Amount"


def test_the_one_closing_day_of_a_system_is_the_plan_of_its_open_deals_too() -> None:
    day = "Предполагаемая дата закрытия"
    assert guess_columns(["Стадия сделки", "Группа стадий", day], Deal)["closed_at"] == day
    assert "closed_at" not in guess_columns(["№", "Статус", day], Deal)
    assert "expected_close" not in guess_columns(["№", "Статус", "Дата закрытия"], Deal)


def test_two_columns_make_one_field() -> None:
    assert guess_columns(["Won time", "Lost time"], Deal) == {"closed_at": ["Won time", "Lost time"]}
    assert guess_columns(["Lost time", "Won time"], Deal) == {"closed_at": ["Won time", "Lost time"]}
    assert guess_columns(["Won time"], Deal) == {"closed_at": "Won time"}
    assert guess_columns(["IsClosed", "IsWon"], Deal) == {"status": ["IsWon", "IsClosed"]}
    assert guess_columns(["Is Lost", "Is Won"], Deal) == {"status": ["Is Won", "Is Lost"]}
    assert guess_columns(["IsClosed"], Deal) == {} == guess_columns(["IsWon"], Deal)  # lost and open look alike


def test_a_column_that_tells_the_status_goes_before_booleans_and_those_before_stages() -> None:
    assert guess_columns(["Stage", "IsWon", "IsClosed", "Status"], Deal) == {"status": "Status", "stage": "Stage"}
    assert guess_columns(["Stage", "IsWon", "IsClosed"], Deal) == {"status": ["IsWon", "IsClosed"], "stage": "Stage"}
    assert guess_columns(["Stage"], Deal) == {"status": "Stage", "stage": "Stage"}
    assert guess_columns(["Status"], Deal) == {"status": "Status"}


@pytest.mark.parametrize(
    "heading", ["created_at", "Created At", "CREATED-AT", " created.at ", "createdAt", "Created at:"]
)
def test_case_spaces_and_punctuation_do_not_matter(heading: str) -> None:
    assert guess_columns([heading], Deal) == {"created_at": heading}


def test_a_likelier_heading_goes_first() -> None:
    assert guess_columns(["Contact", "Company"], Deal) == {"customer": "Company"}
    for headings in (["Deal ID", "ID"], ["ID", "Deal ID"]):  # of a history, whose rows have ids of their own
        assert guess_columns(headings, Deal) == {"id": "Deal ID"}


NAMES = [name for names in FIELDS[Deal].values() for part in names.split("+") for name in part.split(", ")]


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_one_heading_is_given_to_two_fields_only_where_they_may_share_it(headings: list[str]) -> None:
    columns = guess_columns(headings, Deal)
    holds: dict[str, list[str]] = {}
    for field, found in columns.items():
        for heading in [found] if isinstance(found, str) else found:
            holds.setdefault(heading, []).append(field)
    assert all(len(fields) == 1 or fields[1] in TOGETHER[fields[0]] for fields in holds.values())
    assert set(holds) <= set(headings)
    assert list(columns) == [name for name in schema(Deal) if name in columns]


@pytest.mark.parametrize("record", FIELDS)
def test_every_field_goes_by_its_own_name(record: type) -> None:
    names = list(schema(record))
    assert guess_columns(names, record) == {name: name for name in names}
    titles = {name: name.replace("_", " ").title() for name in names}
    assert guess_columns(titles.values(), record) == titles
    assert set(FIELDS[record]) == set(names)


@pytest.mark.parametrize("one", SYSTEMS, ids=lambda one: str(one.name))
def test_every_system_is_told_by_its_marks_and_speaks_of_fields_there_are(one: object) -> None:
    known = next(s for s in SYSTEMS if s is one)
    marks = [mark.strip() for mark in known.marks.split(",")]
    assert len(set(keys(known.marks))) == len(marks)
    found = system(marks)
    assert found is not None and found.name == known.name
    assert all(set(names) <= set(schema(record)) for record, names in known.names.items())


def test_a_subclass_has_the_headings_of_its_record() -> None:
    class Sale(Deal):
        pass

    assert guess_columns(["Deal ID", "Stage"], Sale) == guess_columns(["Deal ID", "Stage"], Deal)


def test_a_table_of_any_columns_has_nothing_to_guess() -> None:
    assert guess_columns(["id", "amount"], Record) == {}


def test_headings_that_say_nothing_are_left_out() -> None:
    assert guess_columns(["", "Комментарий", "Название сделки", "Top Gear"], Deal) == {}
    assert guess_columns([], Deal) == {}
