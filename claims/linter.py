"""Find parameters of a rulebook that pull against each other, and clauses with them.

- A finding is no error: a regulation may contradict itself, and its rulebook says so.
- Permanent validity stands beside a window; a level of review has no role; a tie-break can never apply; a window is
  shorter than its renewal; a parameter lacks another that it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from claims.rulebook import Rulebook
    from claims.sentences import Language

_SAID = {
    "permanent_beside_window": (
        "客户永久有效,却又有会届满的保护期:保护届满后可被他人取得。",
        "The customer is valid permanently, and yet a protection lapses: after it somebody else may take over.",
    ),
    "first_registered_beside_validity": (
        "先登记者永久优先,但报备有有效期。",
        "Whoever registered first comes first for good, and yet a claim's validity ends.",
    ),
    "level_without_role": (
        "有一级审核没有可审核的岗位,报备无法通过。",
        "A level of review has no role that can review: no filing gets through.",
    ),
    "tie_break_never_applies": (
        "有一项先后次序永远用不上。",
        "A tie-break can never apply.",
    ),
    "window_shorter_than_renewal": (
        "有效期短于其延续期。",
        "The window is shorter than its renewal.",
    ),
    "needs_another": (
        "此参数缺少另一参数,不起作用。",
        "This parameter has no effect without another.",
    ),
    "default_never_reached": (
        "无归属成交的后一去处永远轮不到。",
        "A default for a deal that nobody holds is never reached.",
    ),
}  # fmt: skip
_TOTAL = frozenset({"first_filed", "first_standing", "first_registered"})
_TAKEN = frozenset({"same_day_visit", "consent", "maintenance", "strict", "first_registered"})


@dataclass(frozen=True, slots=True)
class Finding:
    """Parameters that pull against each other, or one that cannot work."""

    code: str
    parameters: tuple[str, ...]
    clauses: tuple[str, ...]
    about: str = ""

    def text(self, language: Language) -> str:
        """Say what is found."""
        return _SAID[self.code][language == "en"]


def lint(rulebook: Rulebook) -> tuple[Finding, ...]:
    """List what pulls against what, in the order of the parameters' catalogue."""
    found: list[Finding] = []
    for look in (_validity, _chain, _tie_breaks, _renewal, _needs, _defaults):
        for code, parameters, about in look(rulebook):
            stated = tuple(name for name in parameters if name in rulebook.parameters)
            clauses = {clause for name in stated for clause in rulebook.parameters[name].clauses}
            found.append(Finding(code, parameters, tuple(sorted(clauses)), about))
    return tuple(found)


Found = tuple[str, tuple[str, ...], str]


def _validity(book: Rulebook) -> Iterator[Found]:
    terms, order = book.terms, book.terms.precedence
    lapsing = [
        f"protection.{name}_days"
        for name, window in (("maintenance", terms.maintenance), ("strict", terms.strict))
        if window is not None and name in order
    ]
    if terms.way == "taken" and terms.claim is None and lapsing and "first_registered" not in order:
        yield "permanent_beside_window", ("claim.days", *lapsing), ""
    if "first_registered" in order and terms.claim is not None:
        yield "first_registered_beside_validity", ("precedence", "claim.days"), "first_registered"


def _chain(book: Rulebook) -> Iterator[Found]:
    for level in range(len(book.terms.reviewers) + 1, book.terms.levels + 1):
        yield "level_without_role", ("review.levels", "review.roles"), str(level)


def _tie_breaks(book: Rulebook) -> Iterator[Found]:
    terms = book.terms
    windows = {"maintenance": terms.maintenance, "strict": terms.strict}
    for name, order in (("precedence", terms.precedence), ("designer.precedence", terms.designer_precedence)):
        decided, visits = False, False
        for tie_break in order:
            beside = [name]
            if name == "precedence" and (tie_break in _TAKEN) != (terms.way == "taken"):
                beside.append("holding.way")
            elif tie_break in windows and windows[tie_break] is None:
                beside.append(f"protection.{tie_break}_days")
            elif tie_break == "same_day_visit" and terms.needs_visit == "none":
                beside.append("claim.needs_visit")
            elif not decided and not (visits and tie_break.endswith("_visit")):
                beside = []
            if beside:
                yield "tie_break_never_applies", tuple(beside), tie_break
            decided = decided or tie_break in _TOTAL
            visits = visits or tie_break in {"latest_visit", "first_visit"}


def _renewal(book: Rulebook) -> Iterator[Found]:
    claim, renewal = book.terms.claim, book.terms.renewal
    if claim is not None and renewal is not None and book.terms.renewed_by != "nothing":
        same_calendar = claim.working == renewal.working
        if (claim.length < renewal.length) if same_calendar else (claim.working < renewal.working):
            yield "window_shorter_than_renewal", ("claim.days", "claim.renewal_days"), ""


def _needs(book: Rulebook) -> Iterator[Found]:
    terms = book.terms
    if terms.renewed_by != "nothing" and (terms.renewal is None or terms.claim is None):
        yield "needs_another", ("claim.renewed_by", "claim.days" if terms.claim is None else "claim.renewal_days"), ""
    if terms.contact is not None and not terms.marks_assigned:
        yield "needs_another", ("contact.days", "filing.assigned"), ""
    if "evidence" in terms.unheld and terms.confirm is None:
        yield "needs_another", ("deal.unheld", "deal.confirm_days"), "evidence"
    if terms.review_only_if is not None and not terms.levels:
        yield "needs_another", ("review.only_if", "review.levels"), ""
    if terms.designer_is_store and terms.event is None:
        yield "needs_another", ("deal.designer_visit", "deal.event"), ""
    if terms.way == "assigned" and terms.assign_names != "anybody":
        yield "needs_another", ("holding.way", "assign.names"), "assigned"
    # Whoever holds could never change teams: nobody may be named in their place while they are here.
    if terms.way != "none" and book.word("handover.transfer") == "handed_over" and terms.assign_names != "anybody":
        yield "needs_another", ("handover.transfer", "assign.names"), "handed_over"


def _defaults(book: Rulebook) -> Iterator[Found]:
    order = book.terms.unheld
    for after in order[order.index("store") + 1 :] if "store" in order else ():
        yield "default_never_reached", ("deal.unheld",), after
