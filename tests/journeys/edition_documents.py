"""What stories about the rulebook's editions say to the server."""

from __future__ import annotations

EDITION = """id rulebook title name basedOn state effectiveOn untilOn because version viewerCan
  draftedBy { name } approvedBy { name } changes { name before { value } after { value text clauses { id } } }
  findings { code parameters text clauses { id } } parameters { name kind value }"""
_REFUSAL = "refusal { code clauses { id } ... on InvalidInput { problems { path code } } ... on Stale { version } }"
DRAFT = f"""mutation ($input: DraftEditionInput!) {{ draftEdition(input: $input) {{
  edition {{ {EDITION} }} replayed {_REFUSAL} }} }}"""
PUBLISH = f"""mutation ($input: PublishRulebookInput!) {{ publishRulebook(input: $input) {{
  edition {{ {EDITION} }} replayed {_REFUSAL} }} }}"""
WITHDRAW = f"""mutation ($input: WithdrawEditionInput!) {{ withdrawEdition(input: $input) {{
  edition {{ {EDITION} withdrawnAt withdrawnBecause withdrawnBy {{ name }} }} replayed {_REFUSAL} }} }}"""
EDITIONS = f"query {{ editions {{ {EDITION} }} }}"
EDITION_OF = f"query ($id: ID!) {{ edition(id: $id) {{ {EDITION} }} node(id: $id) {{ id }} }}"
