"""The words on paper (打印用语) in Chinese and English: titles, names of rows, where a filing stands, where to sign."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from records.form_words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES: Final[Mapping[str, Words]] = MappingProxyType({
    "provisional": Words("暂时报备", "Provisional"),
    "returned": Words("退回补充", "Returned"),
    "in_review": Words("审核中", "In review"),
    "recorded": Words("已登记", "Recorded"),
    "rejected": Words("已驳回", "Rejected"),
    "forwarded": Words("已转交", "Forwarded"),
    "assigned": Words("已分派", "Assigned"),
    "overdue": Words("逾期未联系", "Overdue"),
    "archived": Words("已归档", "Archived"),
})  # fmt: skip

_WORDS: Final[Mapping[str, Words]] = MappingProxyType({
    "register": Words("客户登记表", "Customer register form"),
    "receipt": Words("报备回执", "Receipt of a filing"),
    "ruling": Words("裁决书", "Ruling"),
    "id": Words("编号", "Number"),
    "type": Words("报备类型", "Type"),
    "claimant": Words("报备人", "Claimant"),
    "entered_by": Words("登记人", "Entered by"),
    "team": Words("团队", "Team"),
    "filed_at": Words("登记时间", "Recorded at"),
    "occurred_at": Words("报备时间", "Said at"),
    "channel": Words("报备渠道", "Channel"),
    "state": Words("状态", "State"),
    "missing": Words("尚缺内容", "Still missing"),
    "nothing": Words("无", "Nothing"),
    "note": Words("需求与反馈", "Need and feedback"),
    "import": Words("导入", "Import"),
    "about": Words("裁决事项", "About"),
    "outcome": Words("裁决结果", "Outcome"),
    "gives_nothing": Words("本次报备不产生归属", "This filing gives no holding"),
    "nobody": Words("无归属人", "Nobody holds"),
    "withheld": Words("不对当前用户显示", "Not shown to whoever printed this"),
    "protected_until": Words("保护期至", "Protected until"),
    "edition": Words("适用办法及版本", "Rulebook and edition"),
    "clauses": Words("依据条款", "Clauses"),
    "digest": Words("裁决摘要", "Digest"),
    "held": Words("成立", "held"),
    "not_held": Words("不成立", "not held"),
    "reading": Words("按参数执行,可修改", "a reading"),
    "borrowed": Words("借用其他办法", "borrowed"),
    "opened_at": Words("争议提出时间", "Opened at"),
    "award": Words("裁决归属", "Awarded to"),
    "no_award": Words("尚未裁决", "Not awarded yet"),
    "awarded_by": Words("裁决人", "Awarded by"),
    "awarded_at": Words("裁决时间", "Awarded at"),
    "departs": Words("与系统裁定不同,另附理由", "departs from the ruling, for reasons on file"),
    "follows": Words("与系统裁定一致", "as the ruling has it"),
    "sign_customer": Words("客户签字", "Customer"),
    "sign_claimant": Words("销售人员签字", "Salesperson"),
    "sign_desk": Words("前台签字", "Front desk"),
    "sign_reviewer": Words("审核人签字", "Reviewer"),
    "sign_arbiter": Words("裁决人签字", "Arbiter"),
    "sign_parties": Words("双方签字", "Parties"),
    "sign_date": Words("日期", "Date"),
    "foot_register": Words("联系方式按规定隐藏;以系统登记为准", "Contacts are masked; what the system has decides"),
    "foot_receipt": Words("本回执以系统登记为准", "What the system has decides"),
    "foot_ruling": Words("以系统内同一摘要的裁决全文为准", "The ruling of this digest in the system decides"),
    "more": Words("另有 {count} 项,见系统", "{count} more: see the system"),
    "list_more": Words("行数已达上限,其余未列出", "There are more rows than a list may have"),
    "customers": Words("客户", "Customers"),
    "claims": Words("报备", "Filings"),
    "holder": Words("归属人", "Holder"),
})  # fmt: skip


def word(name: str, language: str) -> str:
    """Say a word of the paper in Chinese (`zh`) or English (`en`)."""
    return _WORDS[name].in_(language)
