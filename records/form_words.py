"""How the fields of a filing are called (栏目), in Chinese and English, and what kind of value each takes.

- Field names are the law's; a name that stands in no list here, as in a rulebook of one's own, is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


class FieldKind(StrEnum):
    """What a field takes (栏目类型)."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    PHONES = "phones"
    DATE = "date"
    INSTANT = "instant"
    TRUTH = "truth"
    MONEY = "money"
    PERCENT = "percent"
    CHOICE = "choice"
    STAFF = "staff"
    DEAL = "deal"


class FormInput(StrEnum):
    """In which part of a filing's input a field is sent; `other` by its name as the heading."""

    CLAIMANT = "claimant"
    CHANNEL = "channel"
    OCCURRED_AT = "occurred_at"
    VISITED_AT = "visited_at"
    EVENT_AT = "event_at"
    DEAL = "deal"
    NAME = "name"
    PHONES = "phones"
    WECHAT = "wechat"
    EMAIL = "email"
    ADDRESS = "address"
    BUILDING = "building"
    OTHER = "other"
    SOURCE = "source"
    BASIS = "basis"
    IS_KEY = "is_key"
    IS_VERIFIED = "is_verified"
    LATE_REASON = "late_reason"


@dataclass(frozen=True, slots=True)
class Words:
    """A word of the form in both languages."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """Say it in Chinese (`zh`) or English (`en`)."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class FieldWord:
    """How a field of the law's is called, what it takes, and where it is sent."""

    words: Words
    kind: FieldKind = FieldKind.TEXT
    input: FormInput = FormInput.OTHER


def _field(zh: str, en: str, kind: FieldKind = FieldKind.TEXT, input_: FormInput = FormInput.OTHER) -> FieldWord:
    return FieldWord(Words(zh, en), kind, input_)


FIELDS: Final[Mapping[str, FieldWord]] = MappingProxyType({
    "name": _field("客户姓名", "Customer's name", input_=FormInput.NAME),
    "phone": _field("联系电话", "Phone", FieldKind.PHONES, FormInput.PHONES),
    "wechat": _field("微信号", "WeChat id", input_=FormInput.WECHAT),
    "email": _field("电子邮箱", "Email", input_=FormInput.EMAIL),
    "address": _field("详细地址", "Address", FieldKind.LONG_TEXT, FormInput.ADDRESS),
    "building": _field("楼牌号码", "Building number", input_=FormInput.BUILDING),
    "need": _field("客户需求", "What the customer needs", FieldKind.LONG_TEXT),
    "feedback": _field("客户反馈", "What the customer says", FieldKind.LONG_TEXT),
    "customer_name": _field("客户名称", "Customer organisation"),
    "legal_representative": _field("法定代表人", "Legal representative"),
    "registered_address": _field("注册地址", "Registered address", FieldKind.LONG_TEXT),
    "uscc": _field("统一社会信用代码", "Unified social credit code"),
    "project_name": _field("项目名称", "Project"),
    "project_place": _field("项目地点", "Place of the project"),
    "project_scale": _field("项目规模", "Size of the project"),
    "project_progress": _field("项目进度", "Progress of the project"),
    "product": _field("产品或服务名称", "Product or service"),
    "quantity": _field("数量", "Quantity"),
    "quality": _field("质量", "Quality"),
    "technical_requirements": _field("技术要求", "Technical requirements", FieldKind.LONG_TEXT),
    "contract_name": _field("合同名称", "Contract"),
    "signed_on": _field("签订日期", "Signed on", FieldKind.DATE),
    "amount": _field("合同金额", "Amount of the contract", FieldKind.MONEY),
    "term": _field("合同期限", "Term of the contract"),
    "contact_person": _field("联系人", "Contact person"),
    "industry": _field("行业领域", "Industry"),
    "demand_type": _field("需求类型", "Type of demand"),
    "related_persons": _field("关联人员", "Related persons", FieldKind.LONG_TEXT),
    "date": _field("日期", "Date", FieldKind.DATE),
    "project": _field("项目名称", "Project"),
    "commission_rate": _field("提成比例", "Commission rate", FieldKind.PERCENT),
    "stage": _field("项目参与环节", "Stage at which one takes part"),
    "villa": _field("别墅客户", "The customer has a villa", FieldKind.TRUTH),
    "sensitive": _field("敏感客户", "The customer is sensitive", FieldKind.TRUTH),
    "region": _field("所属区域", "Region"),
})  # fmt: skip

INPUTS: Final[Mapping[FormInput, FieldWord]] = MappingProxyType({
    FormInput.CLAIMANT: _field("报备人", "Claimant", FieldKind.STAFF, FormInput.CLAIMANT),
    FormInput.CHANNEL: _field("报备渠道", "Channel", FieldKind.CHOICE, FormInput.CHANNEL),
    FormInput.OCCURRED_AT: _field("报备时间", "When it was said", FieldKind.INSTANT, FormInput.OCCURRED_AT),
    FormInput.VISITED_AT: _field("到访时间", "When they were brought in", FieldKind.INSTANT, FormInput.VISITED_AT),
    FormInput.EVENT_AT: _field("约定时间", "When the appointment is", FieldKind.INSTANT, FormInput.EVENT_AT),
    FormInput.DEAL: _field("对应成交", "Deal", FieldKind.DEAL, FormInput.DEAL),
    FormInput.SOURCE: _field("客户来源", "How the customer came", FieldKind.CHOICE, FormInput.SOURCE),
    FormInput.BASIS: _field("处理个人信息的依据", "Why the data may be kept", FieldKind.CHOICE, FormInput.BASIS),
    FormInput.IS_KEY: _field("关键客户", "The customer is a key customer", FieldKind.TRUTH, FormInput.IS_KEY),
    FormInput.IS_VERIFIED: _field(
        "销售已核实", "Sales verified what is entered", FieldKind.TRUTH, FormInput.IS_VERIFIED
    ),
    FormInput.LATE_REASON: _field("补报原因", "Why it is late", FieldKind.LONG_TEXT, FormInput.LATE_REASON),
})  # fmt: skip

TITLES: Final[Mapping[str, Words]] = MappingProxyType({
    "customer": Words("客户报备", "Filing of a customer"),
    "designer": Words("设计师报备", "Filing of a designer's customer"),
    "store": Words("门店报备", "Filing by the store"),
    "contract": Words("合同报备", "Filing of a contract"),
})  # fmt: skip

OPTIONS: Final[Mapping[str, Words]] = MappingProxyType({
    "on_site": Words("现场", "On site"),
    "message": Words("短信或微信", "SMS or WeChat"),
    "phone": Words("电话", "By phone"),
    "form": Words("登记表", "Registration form"),
    "walk_in": Words("自然到访", "Walk-in"),
    "phone_invitation": Words("电话邀约", "Invited by phone"),
    "online": Words("网络", "Online"),
    "referral": Words("转介绍", "Referral"),
    "designer": Words("渠道设计师", "Designer"),
    "consent": Words("本人同意", "Consent"),
    "contract": Words("订立或履行合同", "Contract"),
    "legal_duty": Words("法定义务", "Legal duty"),
    "public": Words("已公开信息", "Public information"),
})  # fmt: skip


def field_word(name: str) -> FieldWord:
    """Give how a field is called; a name of a rulebook's own is its own word."""
    return FIELDS.get(name) or FieldWord(Words(name, name))
