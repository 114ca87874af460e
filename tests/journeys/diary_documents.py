"""Documents about diaries and weekly reports, as the stories send them."""

from __future__ import annotations

from tests.journeys.filing_documents import REFUSAL

_VERSION = "id number writtenAt isLatest dueOn isLate receivedAt viewerCan by { number } receivedBy { number }"
ENTRY = f"{_VERSION} day done note customers {{ id }} corrects {{ id done }}"
REPORT = f"""{_VERSION} week areas questions feedback plan corrects {{ id plan }}
  said {{ visits customers signings }} counted {{ visits customers signings }}"""
WRITE = f"""mutation ($input: WriteDiaryInput!) {{ writeDiary(input: $input) {{
  entry {{ {ENTRY} }} replayed {REFUSAL} }} }}"""
SUBMIT = f"""mutation ($input: SubmitWeeklyReportInput!) {{ submitWeeklyReport(input: $input) {{
  report {{ {REPORT} }} replayed {REFUSAL} }} }}"""
RECEIVE = f"""mutation ($input: ReceiveReportInput!) {{ receiveReport(input: $input) {{
  entry {{ {ENTRY} }} report {{ {REPORT} }} replayed {REFUSAL} }} }}"""
ENTRIES = f"""query ($filter: DiaryEntryFilter) {{ diaryEntries(first: 20, filter: $filter) {{
  totalCount {{ value }} nodes {{ {ENTRY} }} }} }}"""
REPORTS = f"""query ($filter: WeeklyReportFilter) {{ weeklyReports(first: 20, filter: $filter) {{
  totalCount {{ value }} nodes {{ {REPORT} }} }} }}"""
DIARY_ROLL = """query ($day: Date!) { diaryRoll(day: $day) {
  state dueOn handedInAt by { number } entry { id done } } }"""
REPORT_ROLL = """query ($week: Date!) { weeklyReportRoll(week: $week) {
  state dueOn handedInAt by { number } report { id plan } } }"""
