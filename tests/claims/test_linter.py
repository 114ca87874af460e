"""What pulls against what in a rulebook is named with the parameters concerned, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from claims.linter import Finding, lint
from claims.rulebook import load_preset, load_rulebook

if TYPE_CHECKING:
    from pathlib import Path

_PERMANENT = "permanent_beside_window: claim.days protection.maintenance_days protection.strict_days"

# Each row: the preset, what is changed, and every finding: its code, its parameters, and what it is about.
_ROWS = [
    ("onsite", {}, [_PERMANENT]),
    ("onsite", {"claim.days": 30}, []),
    ("onsite", {"precedence": ["consent"]}, []),
    ("onsite", {"precedence": ["maintenance"]},
     ["permanent_beside_window: claim.days protection.maintenance_days"]),
    ("onsite", {"precedence": ["strict"]}, ["permanent_beside_window: claim.days protection.strict_days"]),
    ("onsite", {"precedence": ["consent", "first_registered"]}, []),
    ("onsite", {"precedence": ["maintenance", "first_registered"]}, []),
    ("onsite", {"precedence": ["first_registered"], "claim.days": 30},
     ["first_registered_beside_validity: precedence claim.days = first_registered"]),
    ("onsite", {"protection.strict_days": "none", "protection.maintenance_days": "none"},
     ["tie_break_never_applies: precedence protection.maintenance_days = maintenance",
      "tie_break_never_applies: precedence protection.strict_days = strict"]),
    ("onsite", {"claim.needs_visit": "none"},
     [_PERMANENT, "tie_break_never_applies: precedence claim.needs_visit = same_day_visit"]),
    ("onsite", {"precedence": ["first_registered", "consent"]}, ["tie_break_never_applies: precedence = consent"]),
    ("store", {"precedence": ["consent", "first_filed"]},
     ["tie_break_never_applies: precedence holding.way = consent"]),
    ("store", {"precedence": ["maintenance"]},
     ["tie_break_never_applies: precedence holding.way = maintenance"]),
    ("onsite", {"precedence": ["first_filed"]},
     ["tie_break_never_applies: precedence holding.way = first_filed"]),
    ("store", {"precedence": ["first_visit", "latest_visit", "first_filed"]},
     ["tie_break_never_applies: precedence = latest_visit"]),
    ("store", {"precedence": ["latest_visit", "first_visit", "first_filed"]},
     ["tie_break_never_applies: precedence = first_visit"]),
    ("store", {"precedence": ["latest_visit", "first_filed", "first_standing"]},
     ["tie_break_never_applies: precedence = first_standing"]),
    ("store", {"precedence": ["latest_visit", "first_standing", "first_filed"]},
     ["tie_break_never_applies: precedence = first_filed"]),
    ("store", {"designer.precedence": ["first_filed", "latest_visit"]},
     ["tie_break_never_applies: designer.precedence = latest_visit"]),
    ("layered", {"review.levels": 4},
     ["level_without_role: review.levels review.roles = 3", "level_without_role: review.levels review.roles = 4"]),
    ("layered", {"review.levels": 1}, []),
    ("store", {}, []),
    ("store", {"claim.days": 29}, ["window_shorter_than_renewal: claim.days claim.renewal_days"]),
    ("store", {"claim.renewal_days": 29}, []),
    ("store", {"claim.days": 29, "claim.renewed_by": "nothing"}, []),
    ("store", {"claim.days": "permanent"}, ["needs_another: claim.renewed_by claim.days"]),
    ("store", {"claim.renewal_days": "none"}, ["needs_another: claim.renewed_by claim.renewal_days"]),
    ("store", {"claim.renewal_days": "none", "claim.renewed_by": "nothing"}, []),
    ("process", {"filing.assigned": False}, ["needs_another: contact.days filing.assigned"]),
    ("process", {"filing.assigned": False, "contact.days": "none"}, []),
    ("onsite", {"claim.days": 30, "deal.confirm_days": "none"},
     ["needs_another: deal.unheld deal.confirm_days = evidence"]),
    ("onsite", {"claim.days": 30, "deal.confirm_days": "none", "deal.unheld": ["store"]}, []),
    ("records", {"review.levels": 0}, ["needs_another: review.only_if review.levels"]),
    ("store", {"deal.event": "none"}, ["needs_another: deal.designer_visit deal.event"]),
    ("process", {"assign.names": "member"}, ["needs_another: holding.way assign.names = assigned"]),
    ("onsite", {"claim.days": 30, "handover.transfer": "handed_over", "assign.names": "member"},
     ["needs_another: handover.transfer assign.names = handed_over"]),
    ("onsite", {"claim.days": 30, "handover.transfer": "handed_over", "assign.names": "anybody"}, []),
    ("onsite", {"claim.days": 30, "deal.unheld": ["evidence", "store", "duty_team"]},
     ["default_never_reached: deal.unheld = duty_team"]),
    ("onsite", {"claim.days": 30, "deal.unheld": ["store", "evidence", "duty_team"]},
     ["default_never_reached: deal.unheld = evidence", "default_never_reached: deal.unheld = duty_team"]),
]  # fmt: skip


def _said(found: tuple[Finding, ...]) -> list[str]:
    return [f"{one.code}: {' '.join(one.parameters)}" + (f" = {one.about}" if one.about else "") for one in found]


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_what_pulls_is_named_with_its_parameters(row) -> None:
    """Each finding once, in the order of the checks; a rulebook at peace with itself has none."""
    preset, changes, expected = row
    found = lint(load_preset(preset).override(changes))
    assert _said(found) == expected
    assert all(one.text("zh").endswith("。") and one.text("en").endswith(".") for one in found)


def test_a_finding_has_the_clauses_of_what_it_names() -> None:
    """X1: A14 beside A26 and A30; what a rulebook does not state has none."""
    assert lint(load_preset("onsite"))[0].clauses == ("A14", "A26", "A30")
    assert lint(load_preset("layered").override({"claim.renewed_by": "visit"}))[0].clauses == ()


@pytest.mark.parametrize(
    "row",
    [
        ("days", "working days", ["window_shorter_than_renewal: claim.days claim.renewal_days"]),
        ("working days", "days", []),
        ("working days", "working days", []),
    ],
    ids=lambda row: f"{row[0]}-{row[1]}",
)
def test_thirty_days_are_shorter_than_thirty_working_days(row, tmp_path: Path) -> None:
    """Lengths of one calendar are compared as such; between calendars, working days are the longer."""
    claim, renewal, expected = row
    path = tmp_path / "own.toml"
    path.write_text(
        f"""extends = "store"
[edition."2026-01-01".parameters]
"claim.days" = {{ value = 30, unit = "{claim}", clause = "H9" }}
"claim.renewal_days" = {{ value = 30, unit = "{renewal}", clause = "H16" }}
""",
        "utf-8",
    )
    assert _said(lint(load_rulebook(str(path)))) == expected
