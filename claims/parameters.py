"""Name every parameter that a rulebook may set: its form, its choices, and what it is called.

- A parameter that a rulebook does not state has its neutral value: there is no such thing in that regulation.
- Lengths are whole days; whether they are calendar days or working days is said by the unit (X7).
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 36500
"""The longest window, in days: a hundred years."""


class Form(StrEnum):
    """What a parameter's value looks like."""

    CHOICE = "choice"
    CHOICES = "choices"
    ROLES = "roles"
    FIELDS = "fields"
    FIELD = "field"
    FLAG = "flag"
    COUNT = "count"
    COUNTS = "counts"
    DAYS = "days"
    ZONE = "zone"


class Spec(NamedTuple):
    """One parameter: its form, the value that means none, its choices, and its names in Chinese and English."""

    name: str
    form: Form
    neutral: object
    zh: str
    en: str
    choices: tuple[str, ...] = ()
    units: tuple[str, ...] = ()

    def expected(self) -> str:  # noqa: C901 - one sentence a form
        """Say in words which values are taken."""
        match self.form:
            case Form.CHOICE:
                return f"one of {', '.join(self.choices)}"
            case Form.CHOICES:
                return f"a list of some of {', '.join(self.choices)}, each once"
            case Form.ROLES:
                return f"a list, for each level one of {', '.join(self.choices)}"
            case Form.FIELDS:
                return "a list of field names; a|b where one of several will do"
            case Form.FIELD:
                return "the name of a field, or always"
            case Form.FLAG:
                return "true or false"
            case Form.COUNT:
                return "a whole number from 0 to 1000000"
            case Form.COUNTS:
                return "a list of whole numbers from 1 to 365, each once"
            case Form.DAYS:
                return f"a whole number of days from 0 to {LONGEST}, or {self.neutral}"
            case Form.ZONE:
                return "a time zone of the IANA list, such as Asia/Shanghai"

    def takes(self, value: object) -> bool:
        """Say whether a value has the form; a time zone's existence is the reader's to try."""
        match self.form:
            case Form.CHOICE:
                return isinstance(value, str) and value in self.choices
            case Form.CHOICES:
                names = _texts(value)
                return names is not None and set(names) <= set(self.choices) and len(set(names)) == len(names)
            case Form.ROLES:
                names = _texts(value)
                return names is not None and set(names) <= set(self.choices)
            case Form.FIELDS:
                names = _texts(value)
                return (
                    names is not None
                    and len(set(names)) == len(names)
                    and all(part.strip() == part != "" for name in names for part in name.split("|"))
                )
            case Form.FIELD | Form.ZONE:
                return isinstance(value, str) and value.strip() == value != ""
            case Form.FLAG:
                return isinstance(value, bool)
            case Form.COUNT:
                return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000  # noqa: PLR2004 - as expected() says
            case Form.COUNTS:
                numbers = _numbers(value)
                return numbers is not None and len(set(numbers)) == len(numbers)
            case Form.DAYS:
                return value == self.neutral or (
                    isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST
                )


def _texts(value: object) -> list[str] | None:
    if not isinstance(value, list):
        return None
    items = cast("list[object]", value)
    return [item for item in items if isinstance(item, str)] if all(isinstance(i, str) for i in items) else None


def _numbers(value: object) -> list[int] | None:
    if not isinstance(value, list):
        return None
    items = cast("list[object]", value)
    numbers = [item for item in items if isinstance(item, int) and not isinstance(item, bool) and 1 <= item <= 365]  # noqa: PLR2004 - as expected() says
    return numbers if len(numbers) == len(items) else None


_ROLES = ("salesperson", "store_staff", "designer", "supervisor", "archivist")
_TYPES = ("customer", "designer", "store", "contract")
_DAYS = ("days", "working days")
_SANCTIONS = ("warning", "demerit", "fine", "transfer", "demotion", "removal", "dismissal", "legal_referral")
_C, _L, _D = Form.CHOICE, Form.CHOICES, Form.DAYS

_SPECS = (
    Spec("calendar.zone", Form.ZONE, "Asia/Shanghai", "计日所用时区", "time zone in which days are counted"),
    Spec("calendar.rolls_over", Form.FLAG, False, "末日为节假日时顺延(民法典203)", "a last day that is a holiday rolls over (民法典 203)"),
    Spec("required.customer", Form.FIELDS, None, "客户报备必填项", "fields required of a customer filing"),
    Spec("required.villa", Form.FIELDS, (), "别墅客户另须填写", "fields required besides when the field villa is true"),
    Spec("required.designer", Form.FIELDS, None, "设计师报备必填项", "fields required of a designer filing"),
    Spec("required.store", Form.FIELDS, None, "门店报备必填项", "fields required of a store filing"),
    Spec("required.contract", Form.FIELDS, None, "合同报备必填项", "fields required of a contract filing"),
    Spec("filing.provisional", _L, (), "可暂时报备的类型", "types of filing that may be provisional", _TYPES),
    Spec("filing.supplemented_by", _L, ("supervisor", "archivist"), "可补正他人报备的岗位", "roles that may supplement another's filing", _ROLES),
    Spec("filing.region", _C, "ignored", "跨区报备", "a filing for another region", ("ignored", "forwarded")),
    Spec("review.levels", Form.COUNT, 0, "审核级数", "levels of review", (), ("levels",)),
    Spec("review.roles", Form.ROLES, (), "各级审核岗位", "role that reviews at each level", _ROLES),
    Spec("review.only_if", Form.FIELD, "always", "仅当该字段为真时审核", "field that must be true for a review"),
    Spec("review.different_people", Form.FLAG, True, "各级须由不同的人审核", "each level needs another reviewer"),
    Spec("filing.archive", _C, "archivist", "归档岗位", "role that archives", _ROLES),
    Spec("filing.assigned", Form.FLAG, False, "分派改变报备状态", "an assignment changes the state of filings"),
    Spec("contact.days", _D, "none", "分派后联系期限", "time in which an assignee makes contact", (), _DAYS),
    Spec("late.days", _D, "none", "合同报备期限", "time in which a contract is filed", (), _DAYS),
    Spec("late.event", _C, "sign", "合同报备期限起算", "event from which a contract's filing is due", ("sign", "order")),
    Spec("holding.way", _C, "none", "客户归属方式", "how a customer comes to be held", ("none", "assigned", "taken", "compared")),
    Spec("holding.unit", _C, "person", "归属单位", "who is the holder", ("person", "team")),
    Spec("claim.roles", _L, _ROLES, "可主张归属的岗位", "roles whose filings are claims", _ROLES),
    Spec("claim.needs_visit", _C, "none", "主张须带客户到场", "visit that a claim needs", ("none", "before", "same_day")),
    Spec("claim.counts_from", _C, "complete", "报备何时算数", "when a filing counts", ("complete", "recorded")),
    Spec("claim.days", _D, "permanent", "报备有效期", "how long a claim is in force", (), _DAYS),
    Spec("claim.from", _C, "filed", "有效期起算", "event from which a claim's time counts", ("filed", "standing")),
    Spec("claim.renewed_by", _C, "nothing", "有效期的延续", "what renews a claim", ("nothing", "visit_after_end", "visit")),
    Spec("claim.renewal_days", _D, "none", "延续的时长", "how long a renewed claim is in force", (), _DAYS),
    Spec("claim.store_days", _D, "none", "门店报备有效期", "how long the store's own claim is in force", (), _DAYS),
    Spec("claim.store_effect", _C, "none", "门店报备的效力", "what the store's own claim does", ("none", "keeps_later_filers_out")),
    Spec("precedence", _L, (), "先后次序", "tie-breaks, in order",
         ("same_day_visit", "consent", "maintenance", "strict", "first_registered",
          "latest_visit", "first_visit", "first_filed", "first_standing")),
    Spec("protection.maintenance_days", _D, "none", "维护期", "how long a holder is in maintenance", (), _DAYS),
    Spec("protection.maintenance_from", _C, "last_contact", "维护期起算", "event from which maintenance counts", ("last_contact", "last_visit", "standing")),
    Spec("protection.maintenance_effect", _C, "poaching", "维护期内的抢客", "what a claim in maintenance is", ("refused", "poaching")),
    Spec("protection.maintenance_in_dispute", _C, "stays", "争议中的维护期", "maintenance while a dispute is open", ("stays", "lifted")),
    Spec("protection.strict_days", _D, "none", "严格保护期", "how long a holder is strictly protected", (), _DAYS),
    Spec("protection.strict_from", _C, "standing", "严格保护期起算", "event from which strict protection counts", ("standing", "last_contact", "last_visit")),
    Spec("protection.strict_effect", _C, "refused", "严格保护期内的抢客", "what a claim under strict protection is", ("refused", "poaching")),
    Spec("protection.strict_in_dispute", _C, "lifted", "争议中的严格保护", "strict protection while a dispute is open", ("lifted", "stays")),
    Spec("consent.for_team", _C, "supervisor", "团队归属时由谁同意", "who consents for a team alone", ("supervisor", "nobody")),
    Spec("handover.departed", _C, "team", "离司后的归属", "who holds after a departure", ("team", "nobody")),
    Spec("handover.member_claims", _C, "competes", "原团队成员再报备", "a claim by a member of the team that alone holds", ("competes", "holds")),
    Spec("assign.names", _C, "nobody", "分派可指定", "whom an assignment may name", ("nobody", "member", "anybody")),
    Spec("assign.needs", _C, "holder", "分派的前提", "what an assignment needs", ("holder", "recorded")),
    Spec("notice.walk_in", _C, "nobody", "自行上门通知", "who is told of a walk-in", ("nobody", "holder")),
    Spec("notice.walk_in_in_dispute", _C, "nobody", "撞单时的上门通知", "who is told of a walk-in while a dispute is open", ("nobody", "holder")),
    Spec("deal.event", _C, "none", "业绩确定的事件", "event that decides a deal", ("none", "sign", "order")),
    Spec("deal.unheld", _L, (), "无归属成交", "who gets a deal that nobody holds, in order", ("evidence", "duty_team", "store")),
    Spec("deal.confirm_days", _D, "none", "凭据确认期限", "time in which a deal is confirmed", (), _DAYS),
    Spec("deal.duty_credit", _C, "performance", "值班团队业绩性质", "kind of the duty team's credit", ("performance", "manager_performance")),
    Spec("deal.settle_days", _D, "none", "裁定先于成交的时效", "how long a settlement counts for a later deal", (), _DAYS),
    Spec("deal.related_buyer", _C, "nothing", "周边人员购买", "what a related buyer's deal gives the team", ("nothing", "team")),
    Spec("deal.designer_visit", _C, "holder", "设计师带客进店的成交", "who gets a deal when a designer came last", ("holder", "store")),
    Spec("notice.designer_visit", _C, "nobody", "设计师带客成交的通知", "who is told of such a deal", ("nobody", "holder")),
    Spec("designer.days", _D, "none", "设计师报备有效期", "how long a designer's claim is in force", (), _DAYS),
    Spec("designer.renewed_by", _C, "nothing", "设计师有效期的延续", "what renews a designer's claim", ("nothing", "visit_after_end")),
    Spec("designer.provisional", _C, "never", "成交时仍为暂时报备", "a designer's filing still provisional at the deal", ("never", "brought_along", "always")),
    Spec("designer.after_deal", _C, "not_counted", "成交后补报设计师", "a designer filed after the deal", ("not_counted", "counted")),
    Spec("designer.precedence", _L, (), "设计师先后次序", "tie-breaks between designers, in order", ("latest_visit", "first_filed")),
    Spec("settlement", _C, "full", "返点结算", "how the rebate is settled", ("full", "half")),
    Spec("fine.minor", Form.COUNT, 0, "轻微丢单罚款", "fine for a minor loss", (), ("yuan",)),
    Spec("fine.moderate", Form.COUNT, 0, "中等丢单罚款", "fine for a moderate loss", (), ("yuan",)),
    Spec("fine.severe", Form.COUNT, 0, "严重丢单罚款", "fine for a severe loss", (), ("yuan",)),
    Spec("points.visit", Form.COUNT, 1, "每次拜访积分", "points for a visit", (), ("points",)),
    Spec("points.verified_only", Form.FLAG, True, "仅真实拜访计分", "only verified visits score"),
    Spec("points.due", Form.COUNT, 0, "每月最少积分", "points due a month", (), ("points",)),
    Spec("points.short", Form.COUNT, 0, "罚做卫生的差额", "shortfall that is one cleaning duty", (), ("points",)),
)  # fmt: skip

_SPECS_OF_DEALS = (
    Spec("confirmation.judged", _C, "supervisor", "凭据由谁认定", "who finds evidence for a deal valid", ("supervisor", "first")),
    Spec("dispute.evidence_days", _D, "none", "举证期限", "time in which evidence is brought in a dispute", (), _DAYS),
    Spec("dispute.award_days", _D, "none", "裁决期限", "time in which a dispute is decided", (), _DAYS),
    Spec("dispute.appeal_days", _D, "none", "申诉期限", "time in which an award is appealed against", (), _DAYS),
    Spec("sanction.ladder", _L, (), "处分等级", "sanctions, in order", _SANCTIONS),
    Spec("sanction.fine_least", Form.COUNT, 0, "罚款下限", "the lowest fine that may be recorded", (), ("yuan",)),
    Spec("sanction.fine_most", Form.COUNT, 0, "罚款上限", "the highest fine that may be recorded", (), ("yuan",)),
    Spec("fines", _C, "record", "罚款的处理", "what becomes of fines", ("record", "off")),
    Spec("dispute.recused", _C, "party", "须回避者", "who settles no dispute", ("party", "team")),
)  # fmt: skip

_SPECS_OF_ACTS = (
    Spec("entry.on_site", _L, _ROLES, "可现场报备的岗位", "roles whose filings may come on site", _ROLES),
    Spec("entry.message", _L, _ROLES, "可以短信或微信报备的岗位", "roles whose filings may come by SMS or WeChat", _ROLES),
    Spec("entry.phone", _L, _ROLES, "可以电话报备的岗位", "roles whose filings may come by phone", _ROLES),
    Spec("entry.form", _L, _ROLES, "可以登记表报备的岗位", "roles whose filings may come by the paper form", _ROLES),
    Spec("entry.said_days", _D, "none", "补录期限(超过须说明理由)", "time after which an entry of what was said needs its reason", (), _DAYS),
    Spec("entry.lead_days", _D, "none", "须提前报备的天数", "time by which a filing precedes its appointment", (), _DAYS),
    Spec("entry.verified", _C, "nobody", "报备前的核实", "who verifies before a filing is entered", ("nobody", "salesperson")),
    Spec("follow.stale_days", _D, "none", "须跟进或更新的间隔", "time after which a customer without contact is stale", (), _DAYS),
    Spec("visit_record.hour", Form.COUNT, 24, "拜访记录上报时限", "hour of the day by which its visits are recorded", (), ("hour",)),
    Spec("diary.days", _D, "none", "行销日志上交期限", "time in which a day's diary is handed in", (), _DAYS),
    Spec("diary.keep_days", _D, "none", "离职后日志、周报保存期限", "time for which a leaver's diaries and reports are kept", (), _DAYS),
    Spec("weekly_report.day", _C, "none", "周报上交日", "day of its week on which a weekly report is due",
         ("none", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")),
    Spec("reminder.days", Form.COUNTS, (7, 3, 1), "到期前提醒的天数", "days before an end on which one is reminded", (), ("days",)),
    Spec("register.closed", _C, "nobody", "登记簿每日扫描归档", "closing of the day's register", ("nobody", "daily")),
    Spec("archive.keep_days", _D, "none", "档案保存期限", "time for which an archived record is kept", (), _DAYS),
    Spec("inspection.rectify_days", _D, "none", "整改期限", "time in which what an inspection finds is put right", (), _DAYS),
    Spec("undertaking.signed_by", _C, "nobody", "须签保密协议者", "who signs the undertaking of confidentiality before seeing a customer",
         ("nobody", "everybody")),
    Spec("backup.days", _D, "none", "备份间隔", "time within which a backup that can be restored is made", (), _DAYS),
    Spec("upkeep.confirmed", _L, (), "须主管确认的变更", "contact fields whose change a supervisor confirms",
         ("name", "phone", "wechat", "email", "address", "building")),
    Spec("filing.seen_by", _C, "team", "未办结报备的可见范围", "who sees a filing that is not through", ("team", "reviewers")),
    Spec("handover.notice_days", _D, "none", "辞职提前通知的天数", "time between a resignation's notice and the last day", (), _DAYS),
    Spec("handover.transfer", _C, "go_along", "调岗时的交接", "what is held at a change of team", ("go_along", "handed_over")),
)  # fmt: skip

SPECS: Mapping[str, Spec] = MappingProxyType({spec.name: spec for spec in (*_SPECS, *_SPECS_OF_ACTS, *_SPECS_OF_DEALS)})
OF_ACTS = frozenset(spec.name for spec in (*_SPECS_OF_ACTS, *_SPECS_OF_DEALS))
"""Parameters that the book's acts ask of a rulebook; the engine decides nothing by them."""
