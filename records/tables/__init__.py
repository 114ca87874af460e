"""What is kept: one class a table; a table decides nothing.

- Facts are appended, never changed; everything that is current is derived from them.
- Contact data and free text stand in sealed columns; in clear stand enumerations, dates, numbers and
  which fields a filing has.
- What a model cannot say (generated columns, triggers, partitions, exclusion, rights) stands beside it in
  the migrations; the access log, being partitioned, stands there whole.
- Several modules of one matter each, because the ORM reads a class's whole module when it makes the class.
"""

from records.tables.customers import (
    ArchiveEntry,
    ClaimState,
    ContactCorrection,
    Customer,
    CustomerApart,
    CustomerScope,
    Fact,
    Filing,
    HoldingRow,
    PendingReview,
    RegisterClosing,
    RegisterImport,
    RegisterRow,
)
from records.tables.desks import AccessNote, LogPseudonym, NoticeRow, ProbeBudget, Replay, RulebookEdition
from records.tables.diaries import DiaryEntry, WeeklyReport
from records.tables.files import Upload
from records.tables.people import (
    Account,
    Approver,
    Departure,
    HandoverRow,
    Installation,
    Session,
    Staff,
    Team,
    TeamMembership,
)
from records.tables.proceedings import AwardRow, Confirmation, Deal, Dispute, LawOffence, OffencePlea, OffenceRow
from records.tables.sealing import BlindIndex, Erasure, KeyAct, KeyMaterial, KeyVersion, SealedValue, SubjectKey
from records.tables.trust import Backup, GrantUse, RestoreTrial, RevealGrant, Undertaking
from records.tables.upkeep import Destruction, InspectedClaim, Inspection

__all__ = [
    "AccessNote",
    "Account",
    "Approver",
    "ArchiveEntry",
    "AwardRow",
    "Backup",
    "BlindIndex",
    "ClaimState",
    "Confirmation",
    "ContactCorrection",
    "Customer",
    "CustomerApart",
    "CustomerScope",
    "Deal",
    "Departure",
    "Destruction",
    "DiaryEntry",
    "Dispute",
    "Erasure",
    "Fact",
    "Filing",
    "GrantUse",
    "HandoverRow",
    "HoldingRow",
    "InspectedClaim",
    "Inspection",
    "Installation",
    "KeyAct",
    "KeyMaterial",
    "KeyVersion",
    "LawOffence",
    "LogPseudonym",
    "NoticeRow",
    "OffencePlea",
    "OffenceRow",
    "PendingReview",
    "ProbeBudget",
    "RegisterClosing",
    "RegisterImport",
    "RegisterRow",
    "Replay",
    "RestoreTrial",
    "RevealGrant",
    "RulebookEdition",
    "SealedValue",
    "Session",
    "Staff",
    "SubjectKey",
    "Team",
    "TeamMembership",
    "Undertaking",
    "Upload",
    "WeeklyReport",
]
