"""Every act begins with its requirement, every verb stands in the policy and in a test, every mutation in a journey."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from strawberry.utils.str_converters import to_snake_case

from authz.acts import Act
from authz.guard import guard_in_force
from schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ACTS = {
    "accounts": {"log_out", "change_password"},
    "checks": {"check_conflict"},
    "finding": {"find_customers"},
    "disclosure": {"reveal_contact"},
    "filing": {"file_claim", "complete_filing"},
    "walk_ins": {"record_walk_in"},
    "duty": {"set_duty", "read_duty"},
    "visit_records": {"file_visit_record", "verify_visit_record"},
    "visit_record_rows": {"read_visit_records"},
    "relations": {"relate_customers"},
    "diaries": {"write_diary", "submit_weekly_report", "receive_report"},
    "diary_rows": {"read_diary_entries", "read_weekly_reports"},
    "diary_rolls": {"read_diary_roll", "read_weekly_report_roll"},
    "visits": {"record_visit", "record_contact", "record_consent"},
    "disputes": {"open_dispute", "settle_dispute"},
    "customer_rows": {"read_customers"},
    "claim_rows": {"read_claims"},
    "dispute_rows": {"read_disputes"},
    "staff_rows": {"read_staff", "teams"},
    "log_rows": {"read_log"},
    "key_acts": {"rotate_keys", "compromise_key", "rewrap_all", "export_keys", "disable_key", "enable_key"},
    "key_consents": {"request_key_act", "request_destruction", "approve_key_act", "cancel_key_act"},
    "key_page": {"read_key_page"},
    "key_progress": {"watch_keys"},
    "reviewing": {"review_claim"},
    "approvers": {"name_approvers"},
    "designers": {"name_designer"},
    "notice_rows": {"read_notice_page", "mark_read"},
    "review_rows": {"read_review_queue"},
    "assignment": {"assign_customer", "take_back_customer"},
    "reminder_rows": {"read_reminders"},
    "corrections": {"correct_contact", "judge_correction"},
    "correction_rows": {"read_corrections"},
    "linking": {"link_customers", "split_customer"},
    "figures": {"read_figures"},
    "phone_round": {"record_tracking"},
    "round_rows": {"read_phone_round"},
    "archive": {"archive_claim", "correct_archive"},
    "archive_rows": {"read_archive"},
    "destruction": {"destroy_customer", "approve_destruction", "cancel_destruction"},
    "destruction_rows": {"read_destructions"},
    "inspections": {"open_inspection", "close_inspection"},
    "findings": {"record_finding", "rectify_finding", "confirm_rectification"},
    "inspection_rows": {"read_inspections", "read_inspected_claims"},
    "grants": {"request_grant", "give_grant", "refuse_grant", "offer_grant", "withdraw_grant"},
    "grant_rows": {"read_grants"},
    "backups": {"record_backup", "record_restore", "read_backups", "read_backup_status"},
    "undertakings": {"sign_undertaking", "record_undertaking"},
    "register_days": {"close_register_day", "read_register_days"},
    "deals": {"place_order", "sign_contract", "record_payment", "finish_deal"},
    "confirmations": {"confirm_deal", "judge_confirmation"},
    "shares": {"split_credit", "concede_credit"},
    "rebates": {"settle_rebate"},
    "deal_rows": {"read_deals"},
    "confirmation_rows": {"read_confirmations"},
    "proceedings": {"add_evidence", "refer_dispute", "record_loss"},
    "appeals": {"appeal_award", "decide_appeal"},
    "papers": {"read_papers", "read_file"},
    "uploads": {"request_upload"},
    "offences": {"record_offence", "appeal_offence", "decide_offence"},
    "offence_rows": {"read_offences"},
    "scores": {"score"},
    "departures": {"announce_departure", "withdraw_departure", "depart_staff", "complete_departure"},
    "handovers": {"hand_over"},
    "departure_rows": {"read_departures"},
    "editions": {"draft_edition", "publish_rulebook", "withdraw_edition"},
    "whatif": {"rehearse_edition", "rehearse_on"},
}
"""The acts of the book that the wire calls, by module. `log_in` is nobody's right: whoever asks is not signed in."""

WORDS = tuple(str(path.relative_to(ROOT)) for path in sorted((ROOT / "schema").glob("*.py")) if path.stem != "errors")
"""The modules that say what a client may say."""
BY_ANOTHER_NAME = {"read_notices": "mark_read"}
"""Mutations whose act in the book goes by another name than theirs."""


def _functions(tree: ast.AST) -> Iterator[ast.AsyncFunctionDef | ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef))


def _parsed(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def test_every_act_begins_with_require() -> None:
    """house.md: require, look, decide, write."""
    for module, names in ACTS.items():
        acts = {one.name: one for one in _functions(_parsed(f"records/{module}.py")) if one.name in names}
        assert acts.keys() == names, module
        for name, act in acts.items():
            first = ast.unparse(act.body[1])
            assert "await desk.require(Act." in first, f"{module}.{name}: {first}"


def test_every_mutation_is_one_of_those_acts() -> None:
    """What the schema calls of the book is listed above."""
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for path in WORDS
        for node in ast.walk(_parsed(path))
        if isinstance(node, ast.Call)
    }
    mutations = {to_snake_case(name) for name in SCHEMA.graphql.mutation_type.fields}
    listed = {name for names in ACTS.values() for name in names} | {"log_in"}
    assert {BY_ANOTHER_NAME.get(name, name) for name in mutations} <= called & listed


def test_a_resolver_is_at_most_five_lines() -> None:
    """house.md: the words call the book, and do nothing else."""
    for path in WORDS:
        for function in _functions(_parsed(path)):
            if any("strawberry" in ast.unparse(decorator) for decorator in function.decorator_list):
                lines = function.body[-1].end_lineno - function.body[1].lineno + 1
                assert lines <= 5, f"{path}: {function.name} has {lines}"


def test_every_act_stands_in_the_policy_and_in_a_test() -> None:
    """A verb that nobody may, or that no test speaks of, is none."""
    granted = {grant.act for grant in guard_in_force().grants}
    here = Path(__file__)
    texts = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "tests").rglob("*"))
        if path.suffix in {".py", ".txt"} and path != here
    )
    for act in Act:
        assert act in granted, act
        assert act.name in texts or act.value in texts, act


def test_every_mutation_and_every_query_appears_in_a_journey() -> None:
    """tests/journeys tells whole stories."""
    texts = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/journeys").glob("*.py")))
    company = (ROOT / "tests/company.py").read_text(encoding="utf-8")
    for root in (SCHEMA.graphql.mutation_type, SCHEMA.graphql.query_type, SCHEMA.graphql.subscription_type):
        for name in root.fields:
            assert re.search(rf'\b{name}(?: ?[({{]|"\))', texts + company), name
