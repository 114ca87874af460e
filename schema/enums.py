"""The closed lists of the wire, each with its Chinese term; their words are those of the layers below."""

from __future__ import annotations

from enum import Enum

import strawberry

from authz.actor import Role
from claims.facts import FactKind, FilingType
from crypto.keyring import KeyState
from records.alerts import Alert
from records.awards import AwardLevel
from records.backups import TrialOutcome
from records.checks import ConflictState
from records.claim_rows import ClaimOrder, FilingState
from records.confirmation_rows import ConfirmationOrder, ConfirmationState
from records.correction_rows import CorrectionState
from records.customer_rows import CustomerOrder
from records.deal_rows import CreditKind, DealOrder, DealStatus
from records.departure_rows import DepartureCause, DepartureKind, DepartureState, HandoverKind
from records.destruction_rows import DestructionState
from records.disclosure import ContactField, PurposeCode
from records.dispute_rows import DisputeOrder, DisputeState
from records.dispute_sides import Side
from records.edition_rows import EditionState
from records.evidence import EvidenceKind
from records.figures import FiguresBy
from records.file_media import FileMedia
from records.filing import FilingChannel, LawfulBasis
from records.findings import Found
from records.form_words import FieldKind, FormInput
from records.grant_rows import GrantState
from records.handing_in import HandedIn
from records.inspection_rows import InspectedState
from records.key_acts import Deed
from records.notices import NextStep, NoticeKind
from records.offence_rows import OffenceOrder, OffenceState
from records.offences import OffenceKind, Sanction
from records.papers import PaperKind
from records.phone_round import TrackingStatus
from records.proceedings import LossCause, LossSeverity
from records.rebates import Booking
from records.refusals import ProblemCode, RefusalCode
from records.register_days import RegisterState
from records.relations import RelationKind
from records.reminder_rows import ReminderKind
from records.retention import DestructionGround
from records.reviewing import ReviewOutcome
from records.scans import ScanMedia
from records.undertakings import SigningWay
from records.visit_records import Finding
from schema.errors import Language

_DESCRIBED: dict[type[Enum], str] = {
    Role: "What a person may do in the system (角色).",
    RefusalCode: "Why an act was not done, or gave its actor nothing (拒绝原因, closed list).",
    ProblemCode: "What is wrong with one field of an input (填写问题, closed list).",
    FactKind: "What kind of thing happened (事实类别).",
    FilingType: "What a filing is about (报备类型).",
    FilingChannel: "By which way a filing came (报备渠道).",
    FilingState: "Where a filing stands (报备状态).",
    LawfulBasis: "Why the company may keep a person's data (合法性基础, 个人信息保护法 13).",
    ConflictState: "What a check answers, whoever holds (查重结果).",
    ContactField: "A contact field that can be revealed (联系信息).",
    PurposeCode: "Why contact data is looked at in the clear (查看目的, B11).",
    DisputeState: "Where a dispute stands (争议状态).",
    Side: "Which side of a dispute a party is on (当事方).",
    CustomerOrder: "How customers are sorted (客户排序).",
    ClaimOrder: "How claims are sorted (报备排序).",
    DisputeOrder: "How disputes are sorted (争议排序).",
    DealStatus: "What the law says of a deal (成交状态).",
    DealOrder: "How deals are sorted (成交排序).",
    CreditKind: "How credit is booked (业绩性质, A21 H21).",
    ConfirmationState: "Where an application for an ownerless deal stands (认领状态).",
    ConfirmationOrder: "How such applications are sorted (认领排序).",
    AwardLevel: "Whose word an award is (裁决层级, A31).",
    LossCause: "Why a customer is lost (丢失原因, H19).",
    LossSeverity: "How grave a loss is (情节, H19).",
    OffenceKind: "What somebody did (违规类别, A28 B13 B17 D15 H19 J8 J15 J18).",
    Sanction: "What an offence is answered with (处分, B17 D18 E12 J18).",
    OffenceState: "Where an offence stands (违规状态).",
    OffenceOrder: "How offences are sorted (违规排序).",
    PaperKind: "What a paper is (文书种类).",
    EvidenceKind: "What a piece of evidence is (证据种类, A18).",
    FieldKind: "What a field of a form takes (栏目类型).",
    FormInput: "In which part of a filing's input a field is sent (输入项).",
    Booking: "How a rebate stands in the books (入账方式).",
    Language: "The languages that the wire speaks (语言).",
    NoticeKind: "What a notice tells (通知类别, closed list).",
    NextStep: "What is to be done next (下一步, F5).",
    ReviewOutcome: "What a reviewer finds (审核结果).",
    EditionState: "Where an edition of the rulebook stands (版本状态, E14).",
    ReminderKind: "What ends soon (到期类别).",
    KeyState: "The life of a key (密钥状态); it never goes back.",
    Deed: "What is done to keys (密钥操作类别).",
    DepartureKind: "What somebody leaves: the company, or their team (离职、调岗).",
    DepartureCause: "Why somebody leaves the company (离职原因, J5 J9).",
    DepartureState: "Where a departure stands (离职进度).",
    HandoverKind: "What is handed over (交接事项).",
    CorrectionState: "Where a correction of contact data stands (更正状态, G13).",
    FiguresBy: "By what figures are put together (统计口径).",
    TrackingStatus: "How it goes with a customer, as their filer says (跟踪情况, H11).",
    FileMedia: "What kind of file can be kept (文件格式).",
    ScanMedia: "What kind of file a scan is (扫描件格式).",
    DestructionGround: "Why a customer's data are destroyed (销毁事由, G16, 个人信息保护法 47).",
    DestructionState: "Where a destruction stands (销毁进度, G16).",
    Found: "What an inspection finds of a filing (检查结论, B16).",
    InspectedState: "Where a sampled filing stands (检查进度, B16); overdue by the clock alone.",
    GrantState: "Where a grant stands (授权状态, E10); it ends by the clock alone.",
    SigningWay: "How somebody signed the undertaking of confidentiality (签署方式, B10).",
    Alert: "What whoever signs in is to know at once (提示类别).",
    TrialOutcome: "How a trial to restore a backup ended (恢复测试结果, G6).",
    RegisterState: "Where a day's register stands (登记簿状态, A8).",
    HandedIn: "Where a diary or a weekly report stands with somebody (上交情况, J14 J25).",
    Finding: "What was found of a recorded visit (核实情况, I9).",
    RelationKind: "What a customer is to another (关系, G5).",
}
_NAMES: dict[type[Enum], str] = {Side: "PartySide", Deed: "KeyActKind"}
CLOSED_LISTS = tuple(
    strawberry.enum(enum, name=_NAMES.get(enum), description=description) for enum, description in _DESCRIBED.items()
)
