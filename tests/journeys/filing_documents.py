"""What the stories about filings ask: the form, the review, the follow-up, and what somebody is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.journeys.test_the_first_morning import nodes

if TYPE_CHECKING:
    from tests.company import Company

REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } ... on Stale { version } }"
FORM = """query ($type: FilingType!) { filingForm(type: $type) { type edition title(language: ZH) levels
  mayBeProvisional saidWithin { days workingDays } lead { days workingDays } clauses { id }
  fields { name kind input isRequired group requiredIf label(language: ZH) options { value label(language: ZH) }
  clauses { id } } } }"""
CLAIM = "claim { id version state missing viewerCan }"
REVIEW = f"""mutation ($input: ReviewClaimInput!) {{ reviewClaim(input: $input) {{ {CLAIM} {REFUSAL} replayed }} }}"""
NAME = f"""mutation ($input: NameApproversInput!) {{ nameApprovers(input: $input) {{
  levels {{ level approvers {{ number }} }} {REFUSAL} replayed }} }}"""
LEVELS = "{ reviewLevels { level approvers { number } } }"
QUEUE = """{ reviewQueue(first: 20) { totalCount { value } nodes { level levels since claim { id version state
  customer { id name { display } phones { display } } claimant { number } viewerCan } } } }"""
NOTICES = """query ($filter: NoticeFilter) { notices(first: 20, filter: $filter) { nodes {
  id kind next at readAt toTeam missing claim { id state } customer { id } } } }"""
READ = """mutation ($input: ReadNoticesInput!) { readNotices(input: $input) { notices { id readAt } } }"""
HELD = "customer { id version holder { staff { number } team { name } } }"
ASSIGN = f"""mutation ($input: AssignCustomerInput!) {{ assignCustomer(input: $input) {{
  fact {{ id kind by {{ number }} }} {HELD} {REFUSAL} replayed }} }}"""
TAKE_BACK = f"""mutation ($input: TakeBackCustomerInput!) {{ takeBackCustomer(input: $input) {{
  fact {{ id kind }} {HELD} {REFUSAL} replayed }} }}"""
CLAIMS = """query ($filter: ClaimFilter) { claims(first: 50, filter: $filter) { nodes {
  id state contactDueOn claimant { number } customer { id } } } }"""
WORDS = """query ($id: ID!) { customer(id: $id) { version lastContactAt staleFrom viewerCan
  communications(first: 10) { totalCount { value } nodes { kind at by { number } note need feedback } } } }"""
REMINDERS = """{ reminders(first: 20) { totalCount { value } nodes {
  kind lastDay daysLeft mark staff { number } customer { id } } } }"""
SAID = {"other": [{"name": "need", "value": "三室两厅整装"}, {"name": "feedback", "value": "周末看样"}]}


def review(company: Company, who: str, claim: dict[str, Any], outcome: str = "APPROVE", **more: Any) -> dict[str, Any]:
    """Review a claim at the version that the reviewer reads."""
    given = {"claim": claim["id"], "expectedVersion": claim["version"], "outcome": outcome} | more
    return company.do(who, REVIEW, **given)


def queue(company: Company, who: str) -> list[dict[str, Any]]:
    """What waits for somebody."""
    return company.ask(who, QUEUE).data["reviewQueue"]["nodes"]


def notices(company: Company, who: str, **filter_: Any) -> list[dict[str, Any]]:
    """What somebody is told."""
    return company.ask(who, NOTICES, filter=filter_ or None).data["notices"]["nodes"]


def form(company: Company, who: str, type_: str = "CUSTOMER") -> dict[str, Any]:
    """The form of a filing."""
    return company.ask(who, FORM, type=type_).data["filingForm"]


def version(company: Company, who: str, customer: str) -> int:
    """A customer's version as somebody reads it."""
    return company.ask(who, WORDS, id=customer).data["customer"]["version"]


def assign(company: Company, who: str, customer: str, to: str, **more: Any) -> dict[str, Any]:
    """Assign a customer, at the version that the assigner reads."""
    given = {"customer": customer, "to": company.staff(to), "expectedVersion": version(company, who, customer)}
    return company.do(who, ASSIGN, **given | more)


def reminded(company: Company, who: str) -> list[tuple[str, str, int]]:
    """Of what somebody is reminded."""
    found = company.ask(who, REMINDERS).data["reminders"]["nodes"]
    return [(one["kind"], one["lastDay"], one["daysLeft"]) for one in found]


def state(company: Company, who: str, claim: str) -> tuple[str, str | None]:
    """Where a claim stands, and by when its assignee is to make contact."""
    (one,) = [one for one in nodes(company, who, CLAIMS) if one["id"] == claim]
    return one["state"], one["contactDueOn"]
