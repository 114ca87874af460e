"""A book to try the product with: a register brought in once, and for each role a person of its roll who is signed in.

- The first two salespeople and supervisors are of one team, the second two of another; so each sees what the other
  does not.
- Where the rulebook has everybody sign the undertaking of confidentiality (B10), they have.
- What stands in the book stays: a register is brought in once, an account opened once, and a person's password is
  their own. Sessions are new each time, and those before end.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from authz.actor import Role
from crypto.sealed import Confidential
from records import accounts, people, undertakings
from records.connection import transaction
from records.references import Kind, reference
from records.refusals import Refused
from records.tables import RegisterImport
from records.undertaking_text import is_required

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from authz.actor import Actor
    from records.accounts import SignedIn
    from records.desk import Desk
    from records.staff_roll import Member, StaffRoll

_SHOWN = """
SELECT c.root_id FROM filing f JOIN customer c ON c.id = f.customer_id
LEFT JOIN holding h ON h.customer_id = c.root_id AND h.staff_id = f.claimant_id
    AND h.from_at <= $2 AND (h.until_at IS NULL OR h.until_at > $2)
WHERE f.claimant_id = $1 ORDER BY h.id IS NULL, f.occurred_at DESC, f.id LIMIT 1
"""


async def is_taken_in(register: Path) -> bool:
    """Tell whether an import of this very file was brought to its end."""
    with register.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return await RegisterImport.filter(file_digest=digest, finished_at__not_isnull=True).exists()


def cast(roll: StaffRoll) -> dict[str, Member]:
    """Choose who plays each part, by the part's login: the first of each role on the roll, and three seconds."""
    supervisors = [member for member in roll.members if member.role is Role.SUPERVISOR]
    here = supervisors[0].team
    there = next(member.team for member in supervisors if member.team != here)

    def first(role: Role, team: str | None = None) -> Member:
        return next(member for member in roll.members if member.role is role and team in {None, member.team})

    parts = {role.value: first(role) for role in Role}
    parts["salesperson"], parts["salesperson_2"] = first(Role.SALESPERSON, here), first(Role.SALESPERSON, there)
    parts["supervisor_2"] = first(Role.SUPERVISOR, there)
    parts["key_custodian_2"] = [member for member in roll.members if member.role is Role.KEY_CUSTODIAN][1]
    return parts


async def sign_in(desk: Desk, parts: dict[str, Member]) -> dict[str, SignedIn] | Refused:
    """Sign everybody in, opening the accounts that are not there; `TAKEN` where a person has one of another login."""
    known = {one.login for one in await accounts.listed(now=desk.now)}
    missing = {login: member for login, member in parts.items() if login not in known}
    teams = await people.teams_named((member.team or "" for member in missing.values()), entropy=desk.entropy)
    for login, member in missing.items():
        person = await people.add_person(
            member.number, member.name, member.role, teams.get(member.team or ""),
            from_at=desk.now, now=desk.now, entropy=desk.entropy,
        )  # fmt: skip
        # Nobody knows this password; `baobei accounts password` sets one.
        drawn = Confidential(desk.entropy(32).hex())
        opened = await accounts.open_account(person, login, drawn, now=desk.now, entropy=desk.entropy)
        if isinstance(opened, Refused):
            return opened
    if is_required(desk.rulebook):
        await undertakings.sign_all(desk, list(parts))
    sessions: dict[str, SignedIn] = {}
    for login in parts:
        opened = await accounts.open_session_for(desk, login)
        if isinstance(opened, Refused):
            return opened
        sessions[login] = opened
    return sessions


async def customer_to_show(actor: Actor, *, now: datetime) -> str | None:
    """Name a customer whose contact an actor may reveal: one whom they hold, or else one whom they filed."""
    async with transaction() as tx:
        rows = await tx.execute_query_dict(_SHOWN, [actor.staff, now])
    return reference(Kind.CUSTOMER, rows[0]["root_id"]) if rows else None
