"""Documents about grants, and what stories of them share."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.journeys.filing_documents import REFUSAL

if TYPE_CHECKING:
    from tests.company import Company

GRANT = """id fields papers purpose state requestedAt decidedAt until withdrawnAt uses version reason answer viewerCan
  staff { number } customer { id } decidedBy { number } withdrawnBy { number }"""


def _act(name: str) -> str:
    return (
        f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ "
        f"grant {{ {GRANT} }} replayed {REFUSAL} }} }}"
    )


REQUEST_GRANT, GIVE_GRANT = _act("requestGrant"), _act("giveGrant")
REFUSE_GRANT, OFFER_GRANT, WITHDRAW_GRANT = _act("refuseGrant"), _act("offerGrant"), _act("withdrawGrant")
GRANTS = f"""query ($filter: GrantFilter) {{ grants(first: 20, filter: $filter) {{
  totalCount {{ value }} nodes {{ {GRANT} }} }} }}"""
WAITING = {"state": {"eq": "REQUESTED"}}


def until(company: Company, **ahead: int) -> str:
    """The instant so far ahead."""
    return (company.clock[0] + timedelta(**ahead)).isoformat()


def on(company: Company, who: str, document: str, grant: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What an act on a grant gives."""
    return company.do(who, document, grant=grant["id"], expectedVersion=grant["version"], **said)


def requested(company: Company, who: str, customer: str, **said: Any) -> dict[str, Any]:
    """What asking for a grant gives: of name and phones, to follow up, unless it says otherwise."""
    given = {"fields": ["NAME", "PHONES"], "purpose": "FOLLOW_UP", "reason": "客户来电,需回访"} | said
    return company.do(who, REQUEST_GRANT, customer=customer, **given)


def given(company: Company, who: str, grant: dict[str, Any], *, hours: int = 2, **said: Any) -> dict[str, Any]:
    """What giving a grant for some hours gives."""
    named = {"grant": grant["id"], "expectedVersion": grant["version"], "until": until(company, hours=hours)}
    return company.do(who, GIVE_GRANT, **named | said)
