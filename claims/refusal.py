"""Name why the law gives a filing's claimant nothing."""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """One reason; the first that applies in the order of a claim's life."""

    INCOMPLETE = "incomplete"
    FORWARDED = "forwarded"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    REJECTED = "rejected"
    NO_CLAIM = "no_claim"
    NO_VISIT_THAT_DAY = "no_visit_that_day"
    NO_VISIT = "no_visit"
    EARLIER_VISIT_HOLDS = "earlier_visit_holds"
    HELD_IN_MAINTENANCE = "held_in_maintenance"
    STRICTLY_PROTECTED = "strictly_protected"
    FIRST_REGISTERED_HOLDS = "first_registered_holds"
    TAKEN_OVER = "taken_over"
    EXPIRED = "expired"
    KEPT_OUT_BY_STORE = "kept_out_by_store"
    LATER_VISIT_HOLDS = "later_visit_holds"
    NOT_FIRST = "not_first"
    NOT_ASSIGNED = "not_assigned"
    ASSIGNED_TO_ANOTHER = "assigned_to_another"
    DEPARTED = "departed"
