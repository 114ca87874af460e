"""What the tests about deals ask over GraphQL."""

from __future__ import annotations

_REFUSAL = "refusal { __typename code clauses { id } path ... on InvalidInput { problems { path code } } }"
DEAL_FIELDS = """id version orderedAt signedAt finishedAt amount { amount currency } paidPercent viewerCan
  credit { staff { name } team { name } isStore isNamed bookedAs share } ruling { outcome { status } clauses { id } }
  rebates { designer { name } due settled { percent bookedAs } }"""
DEAL = f"query ($id: ID!) {{ deal(id: $id) {{ {DEAL_FIELDS} }} }}"


def act(name: str) -> str:
    """Write the mutation of an act on a deal."""
    upper = name[0].upper() + name[1:]
    answered = f"deal {{ {DEAL_FIELDS} }} replayed {_REFUSAL}"
    return f"mutation ($input: {upper}Input!) {{ {name}(input: $input) {{ {answered} }} }}"


ORDER, SIGN, PAY, FINISH = act("placeOrder"), act("signContract"), act("recordPayment"), act("finishDeal")
SPLIT, CONCEDE, SETTLE_REBATE = act("splitCredit"), act("concedeCredit"), act("settleRebate")
_CONFIRMATION = "confirmation { id state version appliedAt evidence { kind document } applicant { name } viewerCan }"
CONFIRM = (
    f"mutation ($input: ConfirmDealInput!) {{ confirmDeal(input: $input) {{ {_CONFIRMATION} replayed {_REFUSAL} }} }}"
)
JUDGE = (
    f"mutation ($input: JudgeConfirmationInput!) {{ judgeConfirmation(input: $input) "
    f"{{ {_CONFIRMATION} replayed {_REFUSAL} }} }}"
)
DISPUTE = (
    "mutation ($input: OpenDisputeInput!) { openDispute(input: $input) { dispute { id version } refusal { code } } }"
)
VISIT = "mutation ($input: RecordVisitInput!) { recordVisit(input: $input) { fact { id } refusal { code } } }"
