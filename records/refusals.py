"""The law's No: a refusal is data, with its code, the clauses it rests on, and words in two languages.

- A refusal names no person and repeats nothing of the input.
- An unknown id, somebody else's id and a malformed id get the same `NOT_FOUND`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


class RefusalCode(StrEnum):
    """Why an act was not done, or gave its actor nothing (closed; in the SDL)."""

    NOT_FOUND = "not_found"
    INVALID_INPUT = "invalid_input"
    STALE = "stale"
    POSSIBLE_MATCH = "possible_match"
    BUDGET_SPENT = "budget_spent"
    WRONG_CREDENTIALS = "wrong_credentials"
    PASSWORD_TOO_WEAK = "password_too_weak"  # noqa: S105 (a code, no password)
    NOT_IN_STATE = "not_in_state"
    TAKEN = "taken"
    HELD_IN_MAINTENANCE = "held_in_maintenance"
    STRICTLY_PROTECTED = "strictly_protected"
    EARLIER_VISIT_HOLDS = "earlier_visit_holds"
    NO_VISIT_THAT_DAY = "no_visit_that_day"
    INCOMPLETE = "incomplete"
    FORWARDED = "forwarded"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    REJECTED = "rejected"
    NO_CLAIM = "no_claim"
    NO_VISIT = "no_visit"
    FIRST_REGISTERED_HOLDS = "first_registered_holds"
    TAKEN_OVER = "taken_over"
    EXPIRED = "expired"
    KEPT_OUT_BY_STORE = "kept_out_by_store"
    LATER_VISIT_HOLDS = "later_visit_holds"
    NOT_FIRST = "not_first"
    NOT_ASSIGNED = "not_assigned"
    ASSIGNED_TO_ANOTHER = "assigned_to_another"
    DEPARTED = "departed"
    NOT_HOLDER = "not_holder"
    KEY_NEEDED = "key_needed"
    ANOTHER_PERSON = "another_person"
    FOUR_EYES = "four_eyes"
    NOT_YOUR_LEVEL = "not_your_level"
    AFTER_THE_ORDER = "after_the_order"
    NOT_ASSIGNABLE = "not_assignable"
    CONFIRMATION_CLOSED = "confirmation_closed"
    NOT_CREDITED = "not_credited"
    NOT_DUE = "not_due"
    TOO_LATE = "too_late"
    NOT_THE_CLAIMANT = "not_the_claimant"
    NOT_HANDED_OVER = "not_handed_over"
    DESTROYED = "destroyed"
    STILL_RETAINED = "still_retained"
    IN_DISPUTE = "in_dispute"
    DEAL_NOT_OVER = "deal_not_over"
    BEING_HANDED_OVER = "being_handed_over"
    NOTHING_TO_INSPECT = "nothing_to_inspect"
    FINDINGS_OPEN = "findings_open"
    GRANT_NEEDED = "grant_needed"


class ProblemCode(StrEnum):
    """What is wrong with one field of an input (closed; in the SDL)."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    INVALID_PHONE = "invalid_phone"
    INVALID_EMAIL = "invalid_email"
    INVALID_TEXT = "invalid_text"
    SENSITIVE_NUMBER = "sensitive_number"
    IN_THE_FUTURE = "in_the_future"
    LATE_REASON_REQUIRED = "late_reason_required"
    NOT_OFFERED = "not_offered"
    LITERAL_REFUSED = "literal_refused"
    MALFORMED = "malformed"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_DIGEST = "not_a_digest"
    NOT_ONE_OF_TWO = "not_one_of_two"
    SUM_IS_NOT_100 = "sum_is_not_100"
    NOTICE_TOO_SHORT = "notice_too_short"
    BEFORE_THE_NOTICE = "before_the_notice"


_WORDS: dict[RefusalCode, tuple[str, str]] = {
    RefusalCode.NOT_FOUND: ("没有找到,或不在您的权限范围内。", "Not found, or not within your scope."),
    RefusalCode.INVALID_INPUT: (
        "填写有误,请按 problems 逐项更正后重新提交。",
        "The input is not valid: correct each of its problems and send it again.",
    ),
    RefusalCode.STALE: (
        "记录已被更新,请重新读取后再提交。",
        "The record has changed since: read it again, then send your change.",
    ),
    RefusalCode.POSSIBLE_MATCH: (
        "可能与已报备的客户相同,请补全号码后再确认。",
        "This may be a customer already filed: complete the number to be sure.",
    ),
    RefusalCode.BUDGET_SPENT: (
        "今日的查询次数已用完,请明日再试或联系主管。",
        "Today's number of look-ups is used up: try again tomorrow, or ask your supervisor.",
    ),
    RefusalCode.WRONG_CREDENTIALS: (
        "账号或密码不正确,或账号暂时不可用。",
        "The login or the password is wrong, or the account cannot be used for now.",
    ),
    RefusalCode.PASSWORD_TOO_WEAK: (
        "新密码至少 12 个字符,且不得与账号或旧密码相同。",
        "A new password needs 12 characters or more, and must differ from the login and the old one.",
    ),
    RefusalCode.TAKEN: (
        "登录名已被使用,或此人已有账号(账号一人一个)。",
        "The login is taken, or the person has an account already (accounts are personal).",
    ),
    RefusalCode.NOT_IN_STATE: ("当前状态下不能进行此操作。", "This cannot be done in the present state."),
    RefusalCode.HELD_IN_MAINTENANCE: (
        "该客户正由他人维护中(最后一次接触未超过15天),须征得其同意;本次报备已记录,但不产生归属。",
        "Somebody else is in maintenance of this customer (last contact no more than 15 days ago), so their consent is needed; the filing is recorded and gives no holding.",
    ),
    RefusalCode.STRICTLY_PROTECTED: (
        "该客户在30天严格保护期内;本次报备已记录,但不产生归属。",
        "This customer is within the 30 days of strict protection; the filing is recorded and gives no holding.",
    ),
    RefusalCode.EARLIER_VISIT_HOLDS: (
        "同一天内他人更早将该客户请到案场;本次报备已记录,但不产生归属。",
        "Somebody else brought this customer in earlier on the same day; the filing is recorded and gives no holding.",
    ),
    RefusalCode.NO_VISIT_THAT_DAY: (
        "当日没有将客户带到公司的记录,报备暂不产生归属;请在同一天登记到访。",
        "There is no visit with this customer on that day, so the filing gives no holding yet: record the visit on the same day.",
    ),
    RefusalCode.INCOMPLETE: ("报备信息不完整,请补充缺少的项目。", "The filing is incomplete: add what is missing."),
    RefusalCode.FORWARDED: (
        "该客户属其他区域,报备已转交,不产生归属。",
        "The customer is of another region: the filing was forwarded and gives no holding.",
    ),
    RefusalCode.IN_REVIEW: ("报备已记录,审核中。", "The filing is recorded and waits for its review."),
    RefusalCode.RETURNED: ("报备已退回,请补充后重新提交。", "The filing was returned: complete it."),
    RefusalCode.REJECTED: ("报备未通过审核。", "The filing was rejected."),
    RefusalCode.NO_CLAIM: ("此类报备不产生归属。", "A filing of this kind gives no holding."),
    RefusalCode.NO_VISIT: (
        "没有带客户到场的记录,报备暂不产生归属。",
        "There is no visit with this customer, so the filing gives no holding yet.",
    ),
    RefusalCode.FIRST_REGISTERED_HOLDS: (
        "该客户已由他人先行登记,本次报备已记录,但不产生归属。",
        "Somebody else registered this customer first; the filing is recorded and gives no holding.",
    ),
    RefusalCode.TAKEN_OVER: (
        "保护期满后该客户已由他人接手。",
        "After the protection had lapsed somebody else took this customer over.",
    ),
    RefusalCode.EXPIRED: ("报备已过有效期。", "The filing has lapsed."),
    RefusalCode.KEPT_OUT_BY_STORE: (
        "该客户已由门店报备,本次报备已记录,但不产生归属。",
        "The store filed this customer before; the filing is recorded and gives no holding.",
    ),
    RefusalCode.LATER_VISIT_HOLDS: (
        "他人在此之后带该客户到场,归属随之。",
        "Somebody else brought this customer in later, and holds.",
    ),
    RefusalCode.NOT_FIRST: (
        "该客户已有更早的有效报备,本次报备已记录,但不产生归属。",
        "An earlier filing holds this customer; this one is recorded and gives no holding.",
    ),
    RefusalCode.NOT_ASSIGNED: (
        "报备已记录,归属待主管分派。",
        "The filing is recorded; a supervisor has yet to assign the customer.",
    ),
    RefusalCode.ASSIGNED_TO_ANOTHER: (
        "主管已将该客户分派给他人。",
        "A supervisor assigned this customer to somebody else.",
    ),
    RefusalCode.DEPARTED: ("报备人已离司,归属由其团队承继。", "The claimant has left; the team holds in their place."),
    RefusalCode.NOT_HOLDER: ("只有当前归属人可以这样做。", "Only the present holder may do this."),
    RefusalCode.KEY_NEEDED: (
        "仍有数据需要此密钥,不能停用或销毁。",
        "Rows still need this key, so it can be neither disabled nor destroyed.",
    ),
    RefusalCode.ANOTHER_PERSON: (
        "此操作须由另一人批准(申请后24小时内)。",
        "Another person has to agree to this, within 24 hours of its being asked for.",
    ),
    RefusalCode.FOUR_EYES: (
        "您已在本轮审核中批准过,须由另一人审核。",
        "You approved this in the present round: another person has to review it.",
    ),
    RefusalCode.AFTER_THE_ORDER: (
        "客户已下单:设计师已补记,但不计设计师业绩。",
        "The customer has ordered: the designer is recorded, and counts for nothing.",
    ),
    RefusalCode.NOT_ASSIGNABLE: (
        "按当前规则,该客户现在不能这样分派或收回。",
        "Under the rulebook in force this customer cannot be assigned or taken back like this now.",
    ),
    RefusalCode.NOT_YOUR_LEVEL: ("本级审核不由您负责。", "This level of the review is not yours."),
    RefusalCode.CONFIRMATION_CLOSED: (
        "该成交不再接受认领:已有归属,或确认期限已过。",
        "This deal is not open to confirmation: somebody has it, or the time for evidence is over.",
    ),
    RefusalCode.NOT_CREDITED: (
        "您在该成交中没有这么多业绩可以让出。",
        "You are not credited with as much of this deal as you would give up.",
    ),
    RefusalCode.TOO_LATE: ("期限已过。", "The time for this is over."),
    RefusalCode.NOT_DUE: ("该返点尚未到结算条件,或超过应付比例。", "So much of the rebate is not due yet."),
    RefusalCode.NOT_THE_CLAIMANT: (
        "只有报备人本人、主管或档案员可以补充该报备。",
        "Only the claimant, a supervisor or the archivist may complete this filing.",
    ),
    RefusalCode.NOT_HANDED_OVER: (
        "清单上还有未交接的事项,不能办结。",
        "The list still holds what was not handed over, so this cannot be completed.",
    ),
    RefusalCode.DESTROYED: (
        "该客户的信息已销毁,不能再办理任何事项。",
        "This customer's data are destroyed: nothing is done with them any more.",
    ),
    RefusalCode.STILL_RETAINED: (
        "档案尚在保存期限内,或尚未全部归档,不能以期满为由销毁。",
        "The records must still be kept, or are not all archived: retention is no ground for destroying them yet.",
    ),
    RefusalCode.IN_DISPUTE: ("该客户的争议尚未了结。", "A dispute over this customer is not over yet."),
    RefusalCode.DEAL_NOT_OVER: (
        "与该客户的成交尚未付清或竣工。",
        "A deal with this customer is neither paid in full nor finished.",
    ),
    RefusalCode.NOTHING_TO_INSPECT: (
        "该团队在此期间没有可检查的报备。",
        "The team has no filing of that time that could be inspected.",
    ),
    RefusalCode.FINDINGS_OPEN: (
        "抽查的报备尚未全部检查,或整改尚未全部确认,不能结束检查。",
        "Something sampled is not looked at yet, or a finding not confirmed as put right, so this cannot be closed.",
    ),
    RefusalCode.GRANT_NEEDED: (
        "查看前须经上级批准:请先申请授权(requestGrant),由该客户所在团队的主管批准后,在有效时间内再查看。",
        "A superior has to approve this first: ask for a grant (requestGrant); once a supervisor of the customer's team has given it, look again while it holds.",
    ),
    RefusalCode.BEING_HANDED_OVER: (
        "该客户在离职或调岗的交接清单上,须先交接。",
        "This customer stands on the list of somebody who leaves: they are to be handed over first.",
    ),
}

_PROBLEM_WORDS: dict[ProblemCode, tuple[str, str]] = {
    ProblemCode.REQUIRED: ("此项必填。", "This is required."),
    ProblemCode.TOO_LONG: ("内容过长。", "This is too long."),
    ProblemCode.TOO_MANY: ("项数过多。", "There are too many of these."),
    ProblemCode.INVALID_PHONE: (
        "不是有效的电话号码。请填写11位手机号(后四位可隐藏)、带区号的固定电话、400/800号码或带国家代码的号码。",
        "Not a valid phone number: give an 11-digit mobile (its last four digits may be hidden), a fixed line with its area code, a 400 or 800 number, or + and a country code.",
    ),
    ProblemCode.INVALID_EMAIL: ("不是有效的邮箱地址。", "Not a valid email address."),
    ProblemCode.INVALID_TEXT: ("含有无法保存的字符。", "This holds characters that cannot be kept."),
    ProblemCode.SENSITIVE_NUMBER: (
        "请勿填写身份证号或银行卡号;备注中请勿填写电话号码。",
        "Identity and bank-card numbers are not kept, nor are phone numbers in a note: take the number out.",
    ),
    ProblemCode.IN_THE_FUTURE: ("时间不能晚于现在。", "This cannot lie in the future."),
    ProblemCode.LATE_REASON_REQUIRED: ("补报须说明原因(lateReason)。", "A late entry needs its reason (lateReason)."),
    ProblemCode.NOT_OFFERED: ("当前规则不接受此项。", "The rulebook in force does not offer this."),
    ProblemCode.MALFORMED: ("格式不正确。", "This is not in the form that the interface defines."),
    ProblemCode.LITERAL_REFUSED: ("此项只能通过变量传入。", "Send this in a variable, never as a literal."),
    ProblemCode.OUT_OF_RANGE: ("数值超出允许范围。", "This number is out of range."),
    ProblemCode.NOT_A_DIGEST: (
        "须为文件的 SHA-256 摘要(64 位十六进制)。",
        "Give the document's SHA-256: 64 hex digits.",
    ),
    ProblemCode.NOT_ONE_OF_TWO: ("两项中须填且只能填一项。", "Give exactly one of the two."),
    ProblemCode.SUM_IS_NOT_100: ("各项比例之和必须为 100%。", "The shares must add up to 100 %."),
    ProblemCode.NOTICE_TOO_SHORT: (
        "提前通知的时间不足;请延后最后工作日,或由主管同意免除(waivesNotice)。",
        "The notice is too short: name a later last day, or let a supervisor waive it (waivesNotice).",
    ),
    ProblemCode.BEFORE_THE_NOTICE: ("不能早于提出之日。", "This cannot lie before the day of the notice."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field: where it stands in the input, and why."""

    path: tuple[str, ...]
    code: ProblemCode

    def message(self, language: str) -> str:
        """Say it in Chinese (`zh`) or English (`en`)."""
        return _PROBLEM_WORDS[self.code][language == "en"]


@dataclass(frozen=True, slots=True)
class Refused:
    """An act's No, as data: what the wire turns into `payload.refusal`."""

    code: RefusalCode
    clauses: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    path: tuple[str, ...] | None = None
    version: int | None = None
    protected_until: date | None = None

    def message(self, language: str) -> str:
        """Say it in Chinese (`zh`) or English (`en`)."""
        return _WORDS[self.code][language == "en"]


def not_found(*path: str) -> Refused:
    """Refuse an id, in the one way for unknown, foreign and malformed ones."""
    return Refused(RefusalCode.NOT_FOUND, path=path or None)
