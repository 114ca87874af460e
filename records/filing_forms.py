"""The form of a filing (报备表) as the rulebook asks for it: its fields in order, what each takes, which must be there.

- What is required comes first, in the order in which the regulation names it; then who, when and how; then what may
  be added. No screen need know a regulation.
- Of a group of fields one is enough, as where the text says 联系方式.
- A field may be required only where another is true (H6), or only of what is late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from authz.acts import Act
from authz.policy import Scope
from claims.facts import FilingType
from records.entry_rules import channels_open
from records.filing import LawfulBasis
from records.form_words import INPUTS, OPTIONS, TITLES, FieldKind, FieldWord, FormInput, Words, field_word
from records.register import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from authz.actor import Role
    from claims.rulebook import Rulebook
    from claims.terms import Window
    from records.desk import Desk

_ALWAYS_OFFERED: Final = ("name", "phone", "wechat", "email", "address", "building")


@dataclass(frozen=True, slots=True)
class FormOption:
    """One value of a choice."""

    value: str
    words: Words


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of the form.

    `group` names the alternatives of which one is enough; `required_if` the field or circumstance that makes it so.
    """

    name: str
    word: FieldWord
    is_required: bool = False
    group: str | None = None
    required_if: str | None = None
    options: tuple[FormOption, ...] = ()
    clauses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilingForm:
    """The form of one type of filing under the rulebook in force."""

    type: FilingType
    title: Words
    edition: str
    fields: tuple[FormField, ...]
    clauses: tuple[str, ...]
    may_be_provisional: bool
    levels: int
    said_within: Window | None = field(default=None)
    lead: Window | None = field(default=None)


def filing_form(desk: Desk, type_: FilingType) -> FilingForm | None:
    """Give the form of a type for whoever asks; None where the rulebook has no such filing."""
    actor, rulebook = desk.signed_in(), desk.rulebook
    if type_ not in rulebook.required:
        return None
    for_others = (desk.guard.widest(actor.role, Act.FILE_CLAIM) or Scope.OWN) > Scope.OWN
    required = rulebook.source(f"required.{type_}")
    return FilingForm(
        type_,
        TITLES[type_],
        rulebook.edition,
        tuple(_fields(rulebook, type_, actor.role, for_others=for_others)),
        required.clauses,
        type_ in rulebook.terms.provisional,
        rulebook.terms.levels,
        rulebook.window("entry.said_days"),
        rulebook.window("entry.lead_days"),
    )


def _fields(rulebook: Rulebook, type_: FilingType, role: Role, *, for_others: bool) -> Iterator[FormField]:
    yield from _asked_for(rulebook, type_)
    yield from _circumstances(rulebook, type_, role, for_others=for_others)
    yield from _may_be_added(rulebook, type_)


def _asked_for(rulebook: Rulebook, type_: FilingType) -> Iterator[FormField]:
    clauses = rulebook.source(f"required.{type_}").clauses
    for asked in rulebook.required[type_]:
        names = asked.split("|")
        for name in names:
            group = asked if len(names) > 1 else None
            yield FormField(name, field_word(name), is_required=True, group=group, clauses=clauses)
    if type_ is FilingType.CUSTOMER and "villa" in rulebook.required:
        source = rulebook.source("required.villa")
        yield FormField("villa", field_word("villa"), clauses=source.clauses)
        for name in rulebook.required["villa"]:
            yield FormField(name, field_word(name), required_if="villa", clauses=source.clauses)


def _circumstances(rulebook: Rulebook, type_: FilingType, role: Role, *, for_others: bool) -> Iterator[FormField]:
    terms = rulebook.terms
    if for_others:
        yield _input(FormInput.CLAIMANT)
    channels = channels_open(rulebook, role) if not for_others else _any_channel(rulebook)
    yield _input(FormInput.CHANNEL, options=_options(channels))
    yield _input(FormInput.OCCURRED_AT)
    if terms.needs_visit != "none":
        yield _input(FormInput.VISITED_AT, clauses=rulebook.source("claim.needs_visit").clauses)
    if rulebook.window("entry.lead_days") is not None:
        yield _input(FormInput.EVENT_AT, clauses=rulebook.source("entry.lead_days").clauses)
    if type_ is FilingType.CONTRACT:
        yield _input(FormInput.DEAL, clauses=rulebook.source("late.days").clauses)
    if rulebook.word("entry.verified") != "nobody":
        source = rulebook.source("entry.verified")
        yield _input(FormInput.IS_VERIFIED, is_required=True, clauses=source.clauses)
    if rulebook.window("entry.said_days") is not None or rulebook.window("entry.lead_days") is not None:
        clauses = rulebook.source("entry.said_days").clauses + rulebook.source("entry.lead_days").clauses
        yield _input(FormInput.LATE_REASON, required_if="late", clauses=clauses)


def _may_be_added(rulebook: Rulebook, type_: FilingType) -> Iterator[FormField]:
    terms = rulebook.terms
    named = {name for asked in rulebook.required[type_] for name in asked.split("|")}
    if type_ is FilingType.CUSTOMER:
        named |= {"villa", *rulebook.required.get("villa", ())}
    for name in _ALWAYS_OFFERED:
        if name not in named:
            yield FormField(name, field_word(name))
    if terms.review_only_if is not None and terms.review_only_if not in named:
        only_if = rulebook.source("review.only_if")
        word = field_word(terms.review_only_if)
        yield FormField(
            terms.review_only_if, FieldWord(word.words, FieldKind.TRUTH, word.input), clauses=only_if.clauses
        )
    if terms.forwards and "region" not in named:
        yield FormField("region", field_word("region"), clauses=rulebook.source("filing.region").clauses)
    yield _input(FormInput.IS_KEY)
    yield _input(FormInput.SOURCE, options=_options(Source))
    yield _input(FormInput.BASIS, options=_options(LawfulBasis))


def _any_channel(rulebook: Rulebook) -> list[str]:
    return [name for name in ("on_site", "message", "phone", "form") if rulebook.names(f"entry.{name}")]


def _options(values: Iterable[str]) -> tuple[FormOption, ...]:
    return tuple(FormOption(str(value), OPTIONS[str(value)]) for value in values)


def _input(
    part: FormInput, *, options: tuple[FormOption, ...] = (), is_required: bool = False,
    required_if: str | None = None, clauses: tuple[str, ...] = (),
) -> FormField:  # fmt: skip
    return FormField(
        part.value, INPUTS[part], is_required=is_required, required_if=required_if, options=options, clauses=clauses
    )
