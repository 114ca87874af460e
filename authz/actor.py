"""Who acts: a person with one role, in one team, through one session; and the role that the law sees in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


class Role(StrEnum):
    """What a person may do in the system (角色)."""

    SALESPERSON = "salesperson"
    STORE_STAFF = "store_staff"
    DESIGNER = "designer"
    RECEPTION = "reception"
    CUSTOMER_SERVICE = "customer_service"
    SUPERVISOR = "supervisor"
    ARCHIVIST = "archivist"
    PROJECT_LEADER = "project_leader"
    COMPANY_LEADER = "company_leader"
    AUDITOR = "auditor"
    KEY_CUSTODIAN = "key_custodian"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever is signed in: the account, its person, their role and team as of now, and the session.

    `has_signed`: the person has signed the undertaking of confidentiality that is in force (B10).
    """

    id: UUID
    staff: UUID
    role: Role
    team: UUID | None
    session: UUID
    has_signed: bool = False


def law_role(role: Role) -> str:
    """Name the role that a person's acts have in the law's facts.

    Reception and customer service act as store staff, leaders as supervisors; the others under their own name,
    and whoever takes no part in a customer's history as an archivist would: their facts give no claim.
    """
    match role:
        case Role.RECEPTION | Role.CUSTOMER_SERVICE | Role.STORE_STAFF:
            return "store_staff"
        case Role.PROJECT_LEADER | Role.COMPANY_LEADER | Role.SUPERVISOR:
            return "supervisor"
        case Role.SALESPERSON | Role.DESIGNER:
            return role.value
        case _:
            return "archivist"
