"""Keep the parameters of a regulation, as data with their clauses, units and readings.

- A rulebook is a TOML file with dated editions (版本); a later edition states only what it changes.
- What a rulebook does not state has its neutral value, and is a reading.
- Nothing here knows any regulation by its name.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast
from zoneinfo import ZoneInfo

from claims.deadlines import Window, last_day
from claims.parameters import SPECS
from claims.ruling import GroundKind, Source
from claims.sentences import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

WORKING = "working days"


class Parameter(NamedTuple):
    """One value of a rulebook, with its unit and what gives it."""

    value: object
    kind: GroundKind
    clauses: tuple[str, ...] = ()
    unit: str | None = None


class Terms(NamedTuple):
    """The parameters as the engine reads them."""

    rolls_over: bool
    provisional: frozenset[str]
    supplementers: frozenset[str]
    forwards: bool
    levels: int
    reviewers: tuple[str, ...]
    review_only_if: str | None
    different_people: bool
    archiver: str
    marks_assigned: bool
    contact: Window | None
    late: Window | None
    late_event: str
    way: str
    by_team: bool
    claim_roles: frozenset[str]
    needs_visit: str
    counts_from: str
    claim: Window | None
    claim_from: str
    renewed_by: str
    renewal: Window | None
    store: Window | None
    precedence: tuple[str, ...]
    maintenance: Window | None
    maintenance_from: str
    maintenance_poaches: bool
    maintenance_lifts: bool
    strict: Window | None
    strict_from: str
    strict_poaches: bool
    strict_lifts: bool
    team_consents: bool
    leavers_team_holds: bool
    member_holds: bool
    assign_names: str
    assign_needs: str
    tells_walk_in: bool
    tells_in_dispute: bool
    event: str | None
    unheld: tuple[str, ...]
    confirm: Window | None
    duty_credit: str
    settle: Window | None
    related_team: bool
    designer_is_store: bool
    tells_designer: bool
    designer: Window | None
    designer_renewed: bool
    designer_provisional: str
    designer_late_counts: bool
    designer_precedence: tuple[str, ...]
    settlement: str
    fines: Mapping[str, int]
    points_visit: int
    points_verified: bool
    points_due: int
    points_short: int


class Rulebook(NamedTuple):
    """One edition of one regulation."""

    name: str
    edition: str
    zone: ZoneInfo
    parameters: Mapping[str, Parameter]
    cited: Mapping[str, Parameter]
    title: str
    terms: Terms
    sources: Mapping[str, Source]
    required: Mapping[str, tuple[str, ...]]
    alternatives: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
    since: date | None = None
    before: Rulebook | None = None

    def takes_over(self, since: date, before: Rulebook) -> Rulebook:
        """Make this the edition that is in force from a day on, after another (E14)."""
        return self._replace(since=since, before=before)

    def on(self, day: date) -> Rulebook:
        """Give the edition in force on a day: this one, or one before it."""
        book = self
        while book.since is not None and book.before is not None and day < book.since:
            book = book.before
        return book

    def at(self, instant: datetime) -> Rulebook:
        """Give the edition in force at an instant: this one, or one before it."""
        return self if self.since is None else self.on(self.day(instant))

    def editions(self) -> tuple[Rulebook, ...]:
        """Give this edition and those before it, the latest first."""
        return (self, *self.before.editions()) if self.before is not None else (self,)

    def day(self, at: datetime) -> date:
        """Give the calendar day of an instant in this rulebook's zone; where the calendar ends, its last or first."""
        try:
            return at.astimezone(self.zone).date()
        except OverflowError:
            return date.max if at.year > 1 else date.min

    def last_day(self, day: date, window: Window) -> date:
        """Give the last day of a window that begins on that day."""
        return last_day(day, window, rolls_over=self.terms.rolls_over)

    def word(self, name: str) -> str:
        """Give what a rulebook chooses for a parameter that the book itself asks."""
        return _word(self.parameters, name)

    def names(self, name: str) -> tuple[str, ...]:
        """Give the list that a rulebook states for such a parameter."""
        return _names(self.parameters, name)

    def count(self, name: str) -> int:
        """Give the number that a rulebook states for such a parameter."""
        return _count(self.parameters, name)

    def counts(self, name: str) -> tuple[int, ...]:
        """Give the numbers that a rulebook states for such a parameter."""
        return tuple(cast("tuple[int, ...]", _value(self.parameters, name)))

    def window(self, name: str) -> Window | None:
        """Give the length of time that a rulebook states for such a parameter; None where there is none."""
        return _window(self.parameters, name)

    def source(self, name: str) -> Source:
        """Say what such a parameter rests on."""
        given = self.parameters.get(name, Parameter(None, GroundKind.READING))
        return Source(given.kind, given.clauses, name)

    def override(self, changes: Mapping[str, object]) -> Rulebook:
        """Change parameters; an unknown name, or a value that it does not take, is a `KeyError`."""
        changed = dict(self.parameters)
        for name, value in changes.items():
            spec = SPECS.get(name)
            if spec is None or not spec.takes(value):
                raise KeyError(name)
            held = changed.get(name, Parameter(spec.neutral, GroundKind.READING))
            changed[name] = held._replace(
                value=tuple(cast("list[object]", value)) if isinstance(value, list) else value
            )
        marks = "".join(f"+{name}={changed[name].value}" for name in sorted(changes))
        made = build_rulebook(self.name, self.edition + marks, changed, self.cited, self.title)
        return made._replace(since=self.since, before=self.before)


def build_rulebook(
    name: str, edition: str, parameters: Mapping[str, Parameter], cited: Mapping[str, Parameter], title: str
) -> Rulebook:
    """Make a rulebook from parameters that have their form; an unknown zone is a `KeyError`."""
    required = {
        key.removeprefix("required."): _names(parameters, key)
        for key in SPECS
        if key.startswith("required.") and key in parameters
    }
    try:
        zone = ZoneInfo(_word(parameters, "calendar.zone"))
    except (ValueError, OSError):
        raise KeyError("calendar.zone") from None
    return Rulebook(
        name,
        edition,
        zone,
        MappingProxyType(dict(parameters)),
        MappingProxyType(dict(cited)),
        title,
        _terms(parameters),
        MappingProxyType(_sources(parameters, cited)),
        MappingProxyType(required),
        MappingProxyType({kind: _alternatives(names) for kind, names in required.items()}),
    )


def _alternatives(names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Split `a|b`, where either will do, and sort by what an answer calls it."""
    split = (tuple(sorted(name.split("|"))) for name in names)
    return tuple(sorted(("|".join(parts), parts) for parts in split))


def _value(parameters: Mapping[str, Parameter], name: str) -> object:
    return parameters[name].value if name in parameters else SPECS[name].neutral


def _word(parameters: Mapping[str, Parameter], name: str) -> str:
    return str(_value(parameters, name))


def _names(parameters: Mapping[str, Parameter], name: str) -> tuple[str, ...]:
    return tuple(cast("tuple[str, ...]", _value(parameters, name) or ()))


def _count(parameters: Mapping[str, Parameter], name: str) -> int:
    return int(cast("int", _value(parameters, name)))


def _window(parameters: Mapping[str, Parameter], name: str) -> Window | None:
    value = _value(parameters, name)
    if not isinstance(value, int):
        return None
    return Window(value, working=parameters[name].unit == WORKING)


def _terms(p: Mapping[str, Parameter]) -> Terms:
    only_if, event = _word(p, "review.only_if"), _word(p, "deal.event")
    return Terms(
        rolls_over=bool(_value(p, "calendar.rolls_over")),
        provisional=frozenset(_names(p, "filing.provisional")),
        supplementers=frozenset(_names(p, "filing.supplemented_by")),
        forwards=_word(p, "filing.region") == "forwarded",
        levels=_count(p, "review.levels"),
        reviewers=_names(p, "review.roles"),
        review_only_if=None if only_if == SPECS["review.only_if"].neutral else only_if,
        different_people=bool(_value(p, "review.different_people")),
        archiver=_word(p, "filing.archive"),
        marks_assigned=bool(_value(p, "filing.assigned")),
        contact=_window(p, "contact.days"),
        late=_window(p, "late.days"),
        late_event=_word(p, "late.event"),
        way=_word(p, "holding.way"),
        by_team=_word(p, "holding.unit") == "team",
        claim_roles=frozenset(_names(p, "claim.roles")),
        needs_visit=_word(p, "claim.needs_visit"),
        counts_from=_word(p, "claim.counts_from"),
        claim=_window(p, "claim.days"),
        claim_from=_word(p, "claim.from"),
        renewed_by=_word(p, "claim.renewed_by"),
        renewal=_window(p, "claim.renewal_days"),
        store=_window(p, "claim.store_days") if _word(p, "claim.store_effect") != "none" else None,
        precedence=_names(p, "precedence"),
        maintenance=_window(p, "protection.maintenance_days"),
        maintenance_from=_word(p, "protection.maintenance_from"),
        maintenance_poaches=_word(p, "protection.maintenance_effect") == "poaching",
        maintenance_lifts=_word(p, "protection.maintenance_in_dispute") == "lifted",
        strict=_window(p, "protection.strict_days"),
        strict_from=_word(p, "protection.strict_from"),
        strict_poaches=_word(p, "protection.strict_effect") == "poaching",
        strict_lifts=_word(p, "protection.strict_in_dispute") == "lifted",
        team_consents=_word(p, "consent.for_team") == "supervisor",
        leavers_team_holds=_word(p, "handover.departed") == "team",
        member_holds=_word(p, "handover.member_claims") == "holds",
        assign_names=_word(p, "assign.names"),
        assign_needs=_word(p, "assign.needs"),
        tells_walk_in=_word(p, "notice.walk_in") == "holder",
        tells_in_dispute=_word(p, "notice.walk_in_in_dispute") == "holder",
        event=None if event == SPECS["deal.event"].neutral else event,
        unheld=_names(p, "deal.unheld"),
        confirm=_window(p, "deal.confirm_days"),
        duty_credit=_word(p, "deal.duty_credit"),
        settle=_window(p, "deal.settle_days"),
        related_team=_word(p, "deal.related_buyer") == "team",
        designer_is_store=_word(p, "deal.designer_visit") == "store",
        tells_designer=_word(p, "notice.designer_visit") == "holder",
        designer=_window(p, "designer.days"),
        designer_renewed=_word(p, "designer.renewed_by") != "nothing",
        designer_provisional=_word(p, "designer.provisional"),
        designer_late_counts=_word(p, "designer.after_deal") == "counted",
        designer_precedence=_names(p, "designer.precedence"),
        settlement=_word(p, "settlement"),
        fines=MappingProxyType({s: _count(p, f"fine.{s}") for s in ("minor", "moderate", "severe")}),
        points_visit=_count(p, "points.visit"),
        points_verified=bool(_value(p, "points.verified_only")),
        points_due=_count(p, "points.due"),
        points_short=_count(p, "points.short"),
    )


def _sources(parameters: Mapping[str, Parameter], cited: Mapping[str, Parameter]) -> dict[str, Source]:
    unstated = Parameter(None, GroundKind.READING)
    found: dict[str, Source] = {}
    for rule, known in RULES.items():
        given = cited.get(rule) or parameters.get(known.parameter, unstated)
        found[rule] = Source(given.kind, given.clauses, known.parameter)
    return found
