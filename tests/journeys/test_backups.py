"""That a backup was made and could be restored is on record; that one is overdue follows from the clock (G6 G15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.filing_documents import REFUSAL
from tests.journeys.test_the_first_morning import nodes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.company import Company

_BACKUP = "id madeAt kibibytes digest ledger recovery operator triedAt outcome recordedBy { number }"
RECORD_BACKUP = f"""mutation ($input: RecordBackupInput!) {{ recordBackup(input: $input) {{
  backup {{ {_BACKUP} }} replayed {REFUSAL} }} }}"""
RECORD_RESTORE = f"""mutation ($input: RecordRestoreInput!) {{ recordRestore(input: $input) {{
  backup {{ {_BACKUP} }} replayed {REFUSAL} }} }}"""
BACKUPS = f"query {{ backups(first: 20) {{ totalCount {{ value }} nodes {{ {_BACKUP} }} }} }}"
BACKUP_STATUS = f"query {{ backupStatus {{ dueOn isOverdue lastGood {{ {_BACKUP} }} }} }}"
KEY = "0b9f6c1e-6f0a-4f0e-9a53-0d6f6d6f6d90"


def status(company: Company, who: str = "archivist") -> dict[str, Any]:
    """How it stands with backups."""
    return company.ask(who, BACKUP_STATUS).data["backupStatus"]


def alerts(company: Company, who: str) -> list[str]:
    """What somebody is to know at once."""
    return company.ask(who, "query { me { alerts } }").data["me"]["alerts"]


def test_a_backup_that_could_be_restored_is_good_until_the_next_is_due(company_under: Callable[[str], Company]) -> None:
    """G6 G15 under `database`: seven days, counted from the book's beginning until there is a good one."""
    company = company_under("database")
    assert status(company) == {"dueOn": "2026-12-01", "isOverdue": False, "lastGood": None}
    assert alerts(company, "archivist") == alerts(company, "administrator") == []
    company.advance(days=8)
    assert status(company)["isOverdue"]
    assert alerts(company, "archivist") == alerts(company, "administrator") == ["BACKUP_OVERDUE"]
    assert alerts(company, "seller") == []
    at = company.clock[0].isoformat()
    made = {"madeAt": at, "kibibytes": 4_194_304, "digest": "AB" * 32, "recovery": "cd" * 32}

    for who in ("seller", "supervisor", "archivist", "leader", "auditor", "custodian"):
        assert company.ask(who, RECORD_BACKUP, input=made | {"idempotencyKey": KEY}).codes == ["FORBIDDEN"]
    for wrong, path in (({"kibibytes": 0}, "kibibytes"), ({"digest": "ab"}, "digest"), ({"recovery": "x"}, "recovery"),
                        ({"madeAt": "2026-12-31T00:00:00Z"}, "madeAt")):  # fmt: skip
        refused = company.do("administrator", RECORD_BACKUP, **made | wrong)["refusal"]
        assert refused["problems"][0]["path"] == [path]
    recorded = company.do("administrator", RECORD_BACKUP, **made, idempotencyKey=KEY)
    backup = recorded["backup"]
    assert (backup["kibibytes"], backup["digest"], backup["outcome"]) == (4_194_304, "ab" * 32, None)
    assert backup["recordedBy"] == {"number": "S015"}
    assert company.do("administrator", RECORD_BACKUP, **made, idempotencyKey=KEY)["replayed"]
    assert company.do("administrator", RECORD_BACKUP, **made)["refusal"]["code"] == "NOT_IN_STATE"
    assert status(company)["isOverdue"], "what was not tried is not good"

    tried = {"backup": backup["id"], "triedAt": at, "outcome": "FAILED"}
    early = company.do("administrator", RECORD_RESTORE, **tried | {"triedAt": "2026-11-01T00:00:00Z"})["refusal"]
    assert early["problems"][0]["path"] == ["triedAt"]
    unknown = company.do("administrator", RECORD_RESTORE, **tried | {"backup": "bak_" + "0" * 32})["refusal"]
    assert unknown["code"] == "NOT_FOUND"
    assert company.do("administrator", RECORD_RESTORE, **tried)["backup"]["outcome"] == "FAILED"
    assert status(company)["lastGood"] is None
    company.advance(minutes=1)
    again = tried | {"triedAt": company.clock[0].isoformat(), "outcome": "GOOD"}
    assert company.do("administrator", RECORD_RESTORE, **again)["backup"]["outcome"] == "GOOD"
    for who in ("archivist", "supervisor", "leader", "auditor", "administrator"):
        found = status(company, who)
        assert (found["lastGood"]["id"], found["dueOn"], found["isOverdue"]) == (backup["id"], "2026-12-09", False)
        assert [one["id"] for one in nodes(company, who, BACKUPS)] == [backup["id"]]
        assert alerts(company, who) == []
    for who in ("seller", "custodian", "reception"):
        assert company.ask(who, BACKUP_STATUS).codes == company.ask(who, BACKUPS).codes == ["FORBIDDEN"]
    company.advance(days=8)
    assert status(company)["isOverdue"]


def test_where_no_rulebook_asks_for_backups_none_is_overdue(company: Company) -> None:
    """`onsite` says nothing of them; they can be recorded all the same."""
    assert status(company) == {"dueOn": None, "isOverdue": False, "lastGood": None}
