"""Documents about destructions, and what stories of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.filing_documents import REFUSAL

if TYPE_CHECKING:
    from tests.company import Company

DESTRUCTION = """id state ground document version isAlone requestedAt endedAt viewerCan
  requestedBy { number } approvedBy { number } customer { id destroyedAt name { display } }
  certificate { digest text filings keys sealedValues indexRows notes retainedUntil holds }"""
DESTROY = f"""mutation ($input: DestroyCustomerInput!) {{ destroyCustomer(input: $input) {{
  destruction {{ {DESTRUCTION} }} replayed {REFUSAL} }} }}"""
AGREE = f"""mutation ($input: ApproveDestructionInput!) {{ approveDestruction(input: $input) {{
  destruction {{ {DESTRUCTION} }} replayed {REFUSAL} }} }}"""
CANCEL_DESTRUCTION = f"""mutation ($input: CancelDestructionInput!) {{ cancelDestruction(input: $input) {{
  destruction {{ {DESTRUCTION} }} replayed {REFUSAL} }} }}"""
DESTRUCTIONS = f"""query ($filter: DestructionFilter) {{ destructions(first: 20, filter: $filter) {{
  totalCount {{ value }} nodes {{ {DESTRUCTION} }} }} }}"""
SEEN = """query ($id: ID!) { customer(id: $id) { id version destroyedAt viewerCan
  name { display isMasked canReveal } phones { display } wechat { display } address { display }
  holder { staff { number } protectedUntil ruling { digest } }
  claims(first: 5) { nodes { id state filedAt ruling { digest } } } disputes(first: 5) { nodes { id } }
  deals(first: 5) { nodes { id } } communications(first: 5) { nodes { at note need } } } }"""
PAPER = "5a" * 32


def seen(company: Company, who: str, customer: str) -> dict[str, Any]:
    """The customer as somebody sees them."""
    return company.ask(who, SEEN, id=customer).data["customer"]


def asked(company: Company, customer: str, **said: Any) -> dict[str, Any]:
    """What the archivist's request for a destruction gives, of the customer as they stand."""
    given = {
        "ground": "PERSON_ASKED",
        "document": PAPER,
        "expectedVersion": seen(company, "archivist", customer)["version"],
    }
    return company.do("archivist", DESTROY, customer=customer, **(given | said))


def agreed(company: Company, who: str, destruction: dict[str, Any]) -> dict[str, Any]:
    """What somebody's agreement gives."""
    return company.do(who, AGREE, destruction=destruction["id"], expectedVersion=destruction["version"])
