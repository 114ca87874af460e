"""What a client asks when somebody leaves."""

from __future__ import annotations

REFUSAL = "refusal { code clauses { id } path ... on InvalidInput { problems { path code } } ... on Stale { version } }"
DEPARTURE = """departure { id kind state cause lastDay departedAt completedAt version viewerCan
  staff { number leftAt } team { name } toTeam { name } toHandOver(first: 50) { totalCount { value } nodes {
  kind level reference customer { id } claim { id } deal { id } } } }"""
ANNOUNCE = f"""mutation ($input: AnnounceDepartureInput!) {{ announceDeparture(input: $input) {{
  {DEPARTURE} {REFUSAL} replayed }} }}"""
WITHDRAW = f"""mutation ($input: WithdrawDepartureInput!) {{ withdrawDeparture(input: $input) {{
  {DEPARTURE} {REFUSAL} replayed }} }}"""
DEPART = f"""mutation ($input: DepartStaffInput!) {{ departStaff(input: $input) {{
  {DEPARTURE} {REFUSAL} replayed }} }}"""
HAND_OVER = f"""mutation ($input: HandOverInput!) {{ handOver(input: $input) {{ {DEPARTURE} {REFUSAL} replayed }} }}"""
COMPLETE = f"""mutation ($input: CompleteDepartureInput!) {{ completeDeparture(input: $input) {{
  {DEPARTURE} {REFUSAL} replayed }} }}"""
DEPARTURES = """query ($filter: DepartureFilter) { departures(first: 20, filter: $filter) {
  totalCount { value } nodes { id state staff { number } } } }"""
ONE = f"""query ($id: ID!) {{ departure(id: $id) {{ {DEPARTURE.removeprefix("departure { ").removesuffix(" }")}
  handovers(first: 50) {{ totalCount {{ value }} nodes {{ kind level at to {{ number }} by {{ number }}
  customer {{ id }} claim {{ id }} deal {{ id }} }} }} }} }}"""
