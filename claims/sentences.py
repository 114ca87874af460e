"""Say each rule in Chinese and English: the catalogue of what a ground's reason may be.

- No sentence names or numbers a person, a team, a customer or a filing: a ruling may be shown to rivals.
- Each rule names the parameter that it rests on; a rulebook may cite clauses of its own for a rule.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from claims.deadlines import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Language = Literal["zh", "en"]
Word = str | int | date | Window | None


class Rule(NamedTuple):
    """One rule: its parameter, and what to say when it held and when it did not."""

    parameter: str
    zh: str
    en: str
    zh_not: str = ""
    en_not: str = ""


_FILING_TYPES = ("customer", "designer", "store", "contract")

_RULES = {
    "filing.villa": Rule("required.villa", "别墅客户须另填详细地址和楼牌号码。", "A villa's filing needs more fields."),
    "filing.provisional": Rule("filing.provisional", "资料未齐,先作暂时报备。", "The filing is incomplete and may be provisional."),
    "filing.forwarded": Rule("filing.region", "区域与报备人不符,转达主管。", "The region is not the claimant's: the filing is forwarded.", "区域与报备人相符。", "The region is the claimant's."),
    "filing.in_review": Rule("review.levels", "待第{level}级审核,共{levels}级。", "The filing waits for level {level} of {levels}."),
    "filing.approved": Rule("review.levels", "已通过全部{levels}级审核。", "The filing passed all levels of its chain, {levels}."),
    "filing.no_chain": Rule("review.levels", "无须审核,即行登记。", "No review is needed: the filing is recorded."),
    "filing.review_not_needed": Rule("review.only_if", "不属须审核之列,即行登记。", "The filing is none that must be reviewed: it is recorded."),
    "filing.review_needed": Rule("review.only_if", "属敏感信息,须报上级审核。", "The filing is one that must be reviewed."),
    "filing.sent_back": Rule("review.roles", "审核人退回报备。", "A reviewer returned the filing."),
    "filing.rejected": Rule("review.roles", "审核人驳回报备,到此为止。", "A reviewer rejected the filing for good."),
    "filing.own_review": Rule("review.roles", "不得审核自己的报备,该审核无效。", "Nobody reviews a filing of their own: that review is without effect."),
    "filing.same_reviewer": Rule("review.different_people", "各级须由不同的人审核,该审核无效。", "Each level needs another person: that review is without effect."),
    "filing.supplemented": Rule("filing.supplemented_by", "主管或档案员补正了报备。", "A supervisor or an archivist supplemented the filing."),
    "filing.assigned": Rule("filing.assigned", "已分派跟进人。", "Somebody was assigned to follow up."),
    "filing.contact_due": Rule("contact.days", "跟进人须在{window}内联系客户,至{day}止。", "The assignee must make contact within {window}, by the end of {day}."),
    "filing.contacted": Rule("contact.days", "跟进人已联系客户。", "The assignee has been in contact with the customer."),
    "filing.overdue": Rule("contact.days", "跟进人未在{window}内联系客户,自{day}起逾期。", "The assignee made no contact within {window}: overdue from {day}."),
    "filing.archived": Rule("filing.archive", "资料已归档。", "The record is archived."),
    "filing.late": Rule("late.days", "签约后{window}内须报备,至{day}止;报备已迟。", "The filing was due within {window} of the signature, by the end of {day}: it is late.", "签约后{window}内须报备,至{day}止;未迟。", "The filing was due within {window} of the signature, by the end of {day}: it is not late."),
    "filing.unknown": Rule("claim.counts_from", "此时尚无此报备。", "There is no such filing yet."),
    "claim.stands": Rule("claim.needs_visit", "当日带客到场并完成报备,主张成立。", "The customer was brought in and filed, complete: the claim stands."),
    "claim.visit_not_filed": Rule("claim.needs_visit", "带客到场而当日未报备,该次视为放弃。", "A visit that was not filed the same day gives nothing."),
    "claim.filed_without_visit": Rule("claim.needs_visit", "报备当日未带客到场,主张不成立。", "A filing without a visit the same day gives nothing."),
    "claim.in_force": Rule("claim.days", "报备在{window}有效期内,至{day}止。", "The claim is in force for {window}, to the end of {day}.", "报备的{window}有效期已于{day}届满。", "The claim's {window} ended with {day}."),
    "claim.permanent": Rule("claim.days", "报备长期有效。", "The claim is in force without an end."),
    "claim.revived": Rule("claim.renewed_by", "过期后又带客进店,报备恢复{window},至{day}止。", "The customer was brought in after the time had ended: in force again for {window}, to the end of {day}.", "过期后带客进店的延续期已于{day}届满。", "The renewed time ended with {day}."),
    "claim.kept_out": Rule("claim.store_effect", "门店报备日期在先,之后的报备在{day}前不算。", "The store's own claim bears an earlier date: later filings count for nothing before {day}."),
    "claim.lapsed": Rule("claim.days", "归属人的报备有效期于{day}届满。", "The holder's claim ended with {day}."),
    "claim.taken": Rule("holding.way", "该主张取得归属。", "The claim took the customer.", "该主张未取得归属。", "The claim did not take the customer."),
    "hold.first": Rule("holding.way", "此前无人归属,先登记者得之。", "Nobody held the customer: the first to register holds.", "已有归属人。", "Somebody held the customer already."),
    "hold.already": Rule("holding.way", "主张人已是归属人,期限不重新起算。", "The claimant holds already; no time starts again.", "主张人并非归属人。", "The claimant was not the holder."),
    "hold.member": Rule("handover.member_claims", "客户属团队资源,由该团队成员再报备取得。", "The team alone held, and a member of it claims: the member holds.", "并非团队单独归属且主张人属该团队。", "It was not the claimant's team that held alone."),
    "hold.same_day_newcomer": Rule("precedence", "同一天报备,新主张人先带客到场。", "Both claims are of one day, and the newcomer's visit was first.", "并非同一天的主张。", "The claims are not of one day."),
    "hold.same_day_holder": Rule("precedence", "同一天报备,原归属人先带客到场。", "Both claims are of one day, and the holder's visit was first."),
    "hold.consent": Rule("precedence", "原归属人事先同意。", "The holder had consented.", "原归属人未同意。", "The holder had not consented."),
    "hold.maintenance": Rule("protection.maintenance_days", "距最后接触未超过{window},维护期至{day}。", "The holder was in maintenance: {window}, through {day}.", "维护期已于{day}届满。", "The maintenance ended with {day}."),
    "hold.poaching": Rule("protection.maintenance_effect", "未经同意,视同恶意抢单。", "Without consent, the claim counts as poaching."),
    "hold.strict": Rule("protection.strict_days", "在{window}严格保护期内,至{day}。", "The holder was strictly protected: {window}, through {day}.", "严格保护期已于{day}届满。", "The strict protection ended with {day}."),
    "hold.strict_poaching": Rule("protection.strict_effect", "严格保护期内的主张视同恶意抢单。", "A claim under strict protection counts as poaching."),
    "hold.dispute_lifts": Rule("protection.strict_in_dispute", "有争议的客户资料不受严格保护。", "While a dispute is open there is no strict protection."),
    "hold.dispute_settled": Rule("protection.strict_in_dispute", "争议已裁定,不再影响保护。", "The dispute is settled and affects protection no longer."),
    "hold.first_registered": Rule("precedence", "先登记者永久有效,后来者不得。", "Whoever registered first keeps the customer for good."),
    "hold.taken_over": Rule("holding.way", "保护已届满,由新主张人取得。", "Protection had lapsed: the newcomer holds."),
    "hold.departed": Rule("handover.departed", "归属人已离司,客户归其原团队。", "The holder has left: the team alone holds."),
    "hold.reopened": Rule("handover.departed", "归属人已离司,客户重新寻找归属。", "The holder has left: nobody holds."),
    "hold.assigned": Rule("assign.names", "由主管分派取得。", "A supervisor's assignment named the holder."),
    "hold.not_assigned": Rule("assign.needs", "分派不具备前提,无效。", "The assignment lacked what it needs and is without effect."),
    "hold.team_unit": Rule("holding.unit", "归属单位为团队。", "The team is the holder."),
    "hold.maintained": Rule("protection.maintenance_days", "维护期至{day}。", "The holder is in maintenance through {day}.", "维护期已于{day}届满。", "The maintenance ended with {day}."),
    "hold.protected": Rule("protection.strict_days", "严格保护期至{day}。", "The holder is strictly protected through {day}.", "严格保护期已于{day}届满。", "The strict protection ended with {day}."),
    "hold.permanent": Rule("holding.way", "保护届满后归属仍在,直至他人取得。", "The protection has lapsed; the holding lasts until somebody else takes over."),
    "hold.latest_visit": Rule("precedence", "多人有效,最近带客到场者得之。", "Of the claims in force, the one whose visit is the latest holds.", "有效的主张均无带客到场。", "None of those in force brought the customer in."),
    "hold.first_visit": Rule("precedence", "多人有效,最先带客到场者得之。", "Of the claims in force, the one whose visit is the first holds.", "有效的主张均无带客到场。", "None of those in force brought the customer in."),
    "hold.first_filed": Rule("precedence", "多人有效,先报备者得之。", "Of the claims in force, the first to file holds."),
    "hold.first_standing": Rule("precedence", "先成立的主张得之。", "The claim that counted first holds."),
    "hold.no_claim": Rule("holding.way", "无人主张成立或有效,无归属。", "No claim stands or is in force: nobody holds."),
    "hold.none": Rule("holding.way", "本办法只管报备,不定归属。", "These regulations decide filings only: nobody holds."),
    "hold.no_assignment": Rule("holding.way", "尚未分派,无归属。", "Nobody was assigned: nobody holds."),
    "deal.no_event": Rule("deal.event", "尚无确定业绩的事件。", "The event that decides the deal has not happened."),
    "deal.never": Rule("deal.event", "本办法不定业绩。", "These regulations give no credit for deals."),
    "deal.event": Rule("deal.event", "业绩于此事件后确定,争议不影响。", "Credit is decided at this event; no dispute delays it."),
    "deal.holder": Rule("deal.event", "成交时的归属人得全部业绩。", "The holder at the event gets the whole credit.", "成交时无归属人。", "Nobody held the customer at the event."),
    "deal.related": Rule("deal.related_buyer", "周边人员购买,不属原团队业绩。", "A purchase by people around a leaver's customer gives the team nothing.", "周边客户并非由离司者的团队单独归属。", "The related customer is not held by a leaver's team alone."),
    "deal.related_team": Rule("deal.related_buyer", "周边人员购买,计入原团队业绩。", "A purchase by people around a leaver's customer is the team's."),
    "deal.designer_visit": Rule("deal.designer_visit", "设计师最后带客进店,算店面自然进店。", "A designer brought the customer in last: the store's natural walk-in.", "最后带客进店的不是设计师。", "The last to bring the customer in was no designer."),
    "deal.confirmed": Rule("deal.confirm_days", "成交后{window}内凭有效证据确认。", "The deal was confirmed with evidence within {window}.", "无人在期限内凭证据确认。", "Nobody confirmed with evidence in time."),
    "deal.awaiting": Rule("deal.confirm_days", "待成交后{window}内确认,至{day}止。", "The deal may be confirmed within {window}, to the end of {day}."),
    "deal.confirm_late": Rule("deal.confirm_days", "逾期确认,不再接受认领。", "A confirmation came too late and is refused."),
    "deal.duty_team": Rule("deal.unheld", "归当周值班团队。", "The team on duty in the week of the event gets it.", "当周值班未知。", "No duty is known for the week of the event."),
    "deal.duty_credit": Rule("deal.duty_credit", "按经理业绩计算。", "It counts as the manager's performance."),
    "deal.store": Rule("deal.unheld", "无归属成交归门店。", "Nobody held: the store gets it."),
    "deal.nobody": Rule("deal.unheld", "无归属成交不计业绩。", "Nobody held: nobody gets it."),
    "deal.settled": Rule("deal.settle_days", "由领导裁定归属业绩。", "A settlement names who gets it."),
    "deal.settle_too_old": Rule("deal.settle_days", "裁定已超过{window},不再适用。", "A settlement is older than {window} and does not count."),
    "deal.settle_departed": Rule("deal.settle_days", "裁定所指之人成交前已离司。", "The one whom a settlement names left before the event."),
    "rebate.in_force": Rule("designer.days", "设计师报备在{window}有效期内,至{day}止。", "A designer's claim is in force for {window}, to the end of {day}.", "设计师报备的{window}有效期已于{day}届满。", "A designer's {window} ended with {day}."),
    "rebate.provisional": Rule("designer.provisional", "成交时仍为暂时报备,不计设计师。", "A designer's filing was still provisional at the deal.", "报备在成交前已齐全。", "The filing was complete before the deal."),
    "rebate.brought_along": Rule("designer.provisional", "业务员曾带该设计师与客户进店。", "A salesperson had brought that designer along with the customer."),
    "rebate.after_deal": Rule("designer.after_deal", "成交后才报备,不计设计师。", "A designer filed after the deal does not count."),
    "rebate.latest_visit": Rule("designer.precedence", "最后带客进店的设计师得返点。", "The designer who brought the customer in last gets the rebate.", "设计师均未带客进店。", "No designer brought the customer in."),
    "rebate.first_filed": Rule("designer.precedence", "先报备的设计师得返点。", "The first designer to file gets the rebate."),
    "rebate.none": Rule("designer.days", "无设计师返点。", "No designer gets a rebate."),
    "rebate.nothing_due": Rule("settlement", "尚无应付返点。", "No rebate is due."),
    "rebate.full": Rule("settlement", "全款付清,返点全付。", "The whole price is paid: the whole rebate is due.", "尚未全款付清。", "The price is not yet paid in full."),
    "rebate.half": Rule("settlement", "客户已付一半,返点付一半。", "Half the price is paid: half the rebate is due.", "客户所付未及一半。", "Less than half the price is paid."),
    "rebate.finished": Rule("settlement", "已竣工,返点结清。", "The work is finished: the whole rebate is due.", "尚未竣工。", "The work is not finished."),
    "offence.poaching": Rule("protection.maintenance_effect", "维护期内未经同意的主张,视同恶意抢单。", "A claim during maintenance without consent is poaching."),
    "offence.strict_poaching": Rule("protection.strict_effect", "严格保护期内的主张,视同恶意抢单。", "A claim under strict protection is poaching."),
    "offence.late": Rule("late.days", "签约后{window}内须报备,至{day}止;为迟报。", "The filing was due within {window}, by the end of {day}: a late report."),
    "offence.over_customer": Rule("holding.way", "该客户的归属经过如下。", "How this customer came to be held is as follows."),
    "notice.over_customer": Rule("holding.way", "该客户的归属经过如下。", "How this customer came to be held is as follows."),
    "offence.none": Rule("protection.maintenance_effect", "无违规。", "There is no offence."),
    "fine.minor": Rule("fine.minor", "因争议导致客户丢失(轻微),争议各方罚款{yuan}元。", "The customer was lost through a dispute (minor): each party is fined {yuan} yuan."),
    "fine.moderate": Rule("fine.moderate", "因争议导致客户丢失(中等),争议各方罚款{yuan}元。", "The customer was lost through a dispute (moderate): each party is fined {yuan} yuan."),
    "fine.severe": Rule("fine.severe", "因争议导致客户丢失(严重),争议各方罚款{yuan}元。", "The customer was lost through a dispute (severe): each party is fined {yuan} yuan."),
    "fine.none": Rule("fine.moderate", "无罚款。", "There is no fine."),
    "notice.walk_in": Rule("notice.walk_in", "客户自行上门,通知归属人。", "The customer came unasked: the holder is told."),
    "notice.in_dispute": Rule("notice.walk_in_in_dispute", "撞单客户上门,不通知。", "The customer is in dispute: nobody is told."),
    "notice.dispute_settled": Rule("notice.walk_in_in_dispute", "争议已裁定,恢复通知。", "The dispute is settled: the holder is told again."),
    "notice.designer_visit": Rule("notice.designer_visit", "设计师带客成交,通知业务员调整工作。", "A designer brought the customer in to order: the holder is told."),
    "notice.none": Rule("notice.walk_in", "无通知。", "There is no notice."),
    "points.scored": Rule("points.visit", "当月真实拜访{count}次,每次{points}分。", "Verified visits in the month: {count}; points for each: {points}."),
    "points.due": Rule("points.due", "每月最少{due}分,差{short}分。", "Points due a month: {due}; short by {short}."),
    "points.short": Rule("points.short", "差{limit}分以上,罚做卫生一次。", "A shortfall of {limit} or more is one cleaning duty.", "差额不足{limit}分,不罚。", "The shortfall is less than {limit}: no penalty."),
    "points.none": Rule("points.due", "本办法不计拜访积分。", "These regulations count no points."),
    "want.standing": Rule("claim.needs_visit", "须带客到场并完成报备,主张方成立。", "A visit with the customer and a complete filing are needed."),
    "want.filing": Rule("claim.counts_from", "须有算数的报备。", "A filing that counts is needed."),
    "want.role": Rule("claim.roles", "该岗位的报备不构成归属主张。", "Filings by that role are no claims."),
    "want.in_force": Rule("claim.days", "须有在有效期内的报备。", "A claim in force is needed."),
    "want.kept_out": Rule("claim.store_effect", "门店报备日期在先,之后的报备不算。", "The store's own claim bears an earlier date."),
    "want.not_kept_out": Rule("claim.store_effect", "门店报备日期在先,自{day}起不再限制。", "The store's own claim bears an earlier date; from {day} it keeps that filing out no longer."),
    "want.no_maintenance": Rule("protection.maintenance_days", "自{day}起无人在维护期。", "From {day} nobody is in maintenance."),
    "want.no_strict": Rule("protection.strict_days", "自{day}起无人受严格保护。", "From {day} nobody is strictly protected."),
    "want.first": Rule("precedence", "他人在先。", "Somebody else comes first."),
    "want.first_from": Rule("precedence", "他人在先,自{day}起不再。", "Somebody else comes first; from {day} no longer."),
    "want.latest_visit": Rule("precedence", "须最近带客到场。", "The latest visit with the customer is needed."),
    "want.latest_visit_from": Rule("precedence", "须最近带客到场,或自{day}起无人在先。", "The latest visit with the customer is needed; from {day} nobody else comes first."),
    "want.assignment": Rule("assign.names", "须由主管分派。", "A supervisor's assignment is needed."),
    "want.recorded": Rule("assign.needs", "须先有已登记的报备。", "A recorded filing is needed first."),
    "want.holding": Rule("holding.way", "本办法不定归属。", "These regulations let nobody hold."),
    "want.presence": Rule("handover.departed", "离司者不再归属任何客户。", "Whoever has left holds nothing."),
}  # fmt: skip

for _type in _FILING_TYPES:
    _RULES[f"filing.complete.{_type}"] = Rule(
        f"required.{_type}",
        "必填项齐全。",
        "Every required field is there.",
        "必填项未齐。",
        "Required fields are absent.",
    )
    _RULES[f"filing.incomplete.{_type}"] = Rule(
        f"required.{_type}", "尚缺{count}项必填内容。", "Required fields that are absent: {count}."
    )

RULES: Mapping[str, Rule] = MappingProxyType(_RULES)

_SILENT = {
    "zh": "{sentence}本办法未规定,按参数“{parameter}”执行,可修改。",
    "en": "{sentence} These regulations do not say so: the parameter {parameter} does, and it may be changed.",
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def spoken(word: Word, language: Language) -> str:
    """Say a day or a length of time in that language."""
    if isinstance(word, date):
        if language == "zh":
            return f"{word.year}年{word.month}月{word.day}日"
        return f"{word.day} {_MONTHS[word.month - 1]} {word.year}"
    if isinstance(word, Window):
        if language == "zh":
            return f"{word.length}个工作日" if word.working else f"{word.length}天"
        unit = "working day" if word.working else "day"
        return f"{word.length} {unit}" if word.length == 1 else f"{word.length} {unit}s"
    return "" if word is None else str(word)


def sentence(
    rule: str, *, held: bool, words: Iterable[tuple[str, Word]], language: Language, silent_parameter: str | None
) -> str:
    """Say why a rule held or did not; where the regulation is silent, say so too."""
    known = RULES[rule]
    if language == "zh":
        form = known.zh if held or not known.zh_not else known.zh_not
    else:
        form = known.en if held or not known.en_not else known.en_not
    said = form.format_map({name: spoken(word, language) for name, word in words})
    if silent_parameter is None:
        return said
    return _SILENT[language].format(sentence=said, parameter=silent_parameter)
