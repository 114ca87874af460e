"""Who acts: a person with one role, in one team, through one session."""

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
    """Whoever is signed in: the account, its person, their role and team as of now, and the session."""

    id: UUID
    staff: UUID
    role: Role
    team: UUID | None
    session: UUID
