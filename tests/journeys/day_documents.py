"""What a working day asks of the server: walk-ins, duty, the daily record of visits, who belongs to whom."""

from __future__ import annotations

_REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } }"
_RECORD = """record { id visitedAt recordedAt isLate finding verifiedAt note by { number } verifiedBy { number }
  customer { id } }"""
WALK_IN = f"""mutation ($input: RecordWalkInInput!) {{ recordWalkIn(input: $input) {{
  fact {{ id kind by {{ number }} enteredBy {{ number }} }} customer {{ id }} {_REFUSAL} replayed }} }}"""
DUTY = f"""mutation ($input: SetDutyInput!) {{ setDuty(input: $input) {{
  week {{ week setAt team {{ name }} }} {_REFUSAL} replayed }} }}"""
ROSTER = "query ($since: Date!, $until: Date!) { dutyRoster(since: $since, until: $until) { week team { name } } }"
VISITED = f"""mutation ($input: FileVisitRecordInput!) {{ fileVisitRecord(input: $input) {{
  {_RECORD} {_REFUSAL} replayed }} }}"""
VERIFY = f"""mutation ($input: VerifyVisitRecordInput!) {{ verifyVisitRecord(input: $input) {{
  {_RECORD} {_REFUSAL} replayed }} }}"""
RECORDS = """query ($filter: VisitRecordFilter) { visitRecords(first: 50, filter: $filter) { totalCount { value }
  nodes { id finding isLate note by { number } customer { id } } } }"""
RELATE = f"""mutation ($input: RelateCustomersInput!) {{ relateCustomers(input: $input) {{
  fact {{ id }} customer {{ id related {{ kind customer {{ id }} }} }} {_REFUSAL} replayed }} }}"""
RELATED = "query ($id: ID!) { customer(id: $id) { related { kind customer { id } } } }"
