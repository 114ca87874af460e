"""Documents about inspections, and what stories of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.filing_documents import REFUSAL

if TYPE_CHECKING:
    from tests.company import Company

INSPECTION = """id fromDay toDay seed population sampled examined found overdue confirmed openedAt closedAt version
  viewerCan team { name } openedBy { number } closedBy { number }"""
INSPECTED = """id place state finding note dueOn rectification rectifiedAt confirmedAt version viewerCan
  claim { id } foundBy { number } rectifiedBy { number } confirmedBy { number } inspection { id }"""
OPEN_INSPECTION = f"""mutation ($input: OpenInspectionInput!) {{ openInspection(input: $input) {{
  inspection {{ {INSPECTION} }} replayed {REFUSAL} }} }}"""
CLOSE_INSPECTION = f"""mutation ($input: CloseInspectionInput!) {{ closeInspection(input: $input) {{
  inspection {{ {INSPECTION} }} replayed {REFUSAL} }} }}"""
FIND = f"""mutation ($input: RecordFindingInput!) {{ recordFinding(input: $input) {{
  item {{ {INSPECTED} }} replayed {REFUSAL} }} }}"""
RECTIFY = f"""mutation ($input: RectifyFindingInput!) {{ rectifyFinding(input: $input) {{
  item {{ {INSPECTED} }} replayed {REFUSAL} }} }}"""
CONFIRM_RECTIFIED = f"""mutation ($input: ConfirmRectificationInput!) {{ confirmRectification(input: $input) {{
  item {{ {INSPECTED} }} replayed {REFUSAL} }} }}"""
INSPECTIONS = f"""query ($filter: InspectionFilter) {{ inspections(first: 20, filter: $filter) {{
  totalCount {{ value }} nodes {{ {INSPECTION} }} }} }}"""
SAMPLED = f"""query ($filter: InspectedClaimFilter) {{ inspectedClaims(first: 50, filter: $filter) {{
  totalCount {{ value }} nodes {{ {INSPECTED} }} }} }}"""


def opened(company: Company, who: str, team: str, *, size: int = 3, **days: str) -> dict[str, Any]:
    """What opening an inspection over what a team filed this month gives."""
    given = {"fromDay": "2026-11-01", "toDay": "2026-11-24", "size": size} | days
    return company.do(who, OPEN_INSPECTION, team=company.team(team), **given)


def on(company: Company, who: str, document: str, item: dict[str, Any], **said: Any) -> dict[str, Any]:
    """What an act on a sampled filing gives."""
    return company.do(who, document, item=item["id"], expectedVersion=item["version"], **said)
