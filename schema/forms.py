"""The form of a filing on the wire: what a screen shows, so that none hard-codes a regulation."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from claims.deadlines import Window
from claims.facts import FilingType
from records.desk import Desk
from records.filing_forms import FilingForm as Derived
from records.filing_forms import FormField as DerivedField
from records.filing_forms import FormOption as DerivedOption
from records.filing_forms import filing_form
from records.form_words import FieldKind, FormInput
from schema.directives import requires
from schema.errors import Language
from schema.refusals import Clause, clauses_of, spoken

ANYBODY = requires(None)


@strawberry.type(description="One value of a choice (选项).")
class FormOption:
    """One value of a choice."""

    value: str = strawberry.field(description="What is sent.", directives=ANYBODY)
    option: strawberry.Private[DerivedOption]

    @strawberry.field(description="What a person reads.", directives=ANYBODY)
    def label(self, info: Info[Desk], language: Language | None = None) -> str:
        """Say it."""
        return self.option.words.in_(spoken(info, language))


@strawberry.type(description="One field of a form (栏目), in its place.")
class FormField:
    """One field."""

    name: str = strawberry.field(description="The law's name, by which `missing` speaks of it.", directives=ANYBODY)
    kind: FieldKind = strawberry.field(description="What it takes (栏目类型).", directives=ANYBODY)
    input: FormInput = strawberry.field(
        description="In which part of FileClaimInput it is sent; OTHER: in `other`, by its name.", directives=ANYBODY
    )
    is_required: bool = strawberry.field(description="It must be there (必填).", directives=ANYBODY)
    group: str | None = strawberry.field(
        description="The alternatives of which one is enough (任填一项), joined by |.", directives=ANYBODY
    )
    required_if: str | None = strawberry.field(
        description="The field, or `late`, that makes it required (条件必填).", directives=ANYBODY
    )
    field: strawberry.Private[DerivedField]

    @classmethod
    def of(cls, field: DerivedField) -> FormField:
        """Show a field."""
        return cls(
            name=field.name, kind=field.word.kind, input=field.word.input, is_required=field.is_required,
            group=field.group, required_if=field.required_if, field=field,
        )  # fmt: skip

    @strawberry.field(description="What a person reads (栏目名称).", directives=ANYBODY)
    def label(self, info: Info[Desk], language: Language | None = None) -> str:
        """Name the field."""
        return self.field.word.words.in_(spoken(info, language))

    @strawberry.field(description="Of a choice, its values in order.", directives=ANYBODY)
    def options(self) -> list[FormOption]:
        """List the values."""
        return [FormOption(value=option.value, option=option) for option in self.field.options]

    @strawberry.field(description="The clauses that ask for it.", directives=ANYBODY)
    def clauses(self) -> list[Clause]:
        """Cite the clauses."""
        return clauses_of(dict.fromkeys(self.field.clauses))


@strawberry.type(description="A length of time in a rulebook (期限).")
class Span:
    """A length of time."""

    days: int = strawberry.field(description="How many days.", directives=ANYBODY)
    working_days: bool = strawberry.field(
        description="They are working days of the official Chinese calendar.", directives=ANYBODY
    )

    @classmethod
    def of(cls, window: Window | None) -> Span | None:
        """Show a length of time."""
        if window is None:
            return None
        days, working = window
        return cls(days=days, working_days=working)


@strawberry.type(
    description="The form of a type of filing (报备表), derived from the rulebook in force, for whoever asks."
)
class FilingForm:
    """A form."""

    type: FilingType = strawberry.field(description="What the filing is about (报备类型).", directives=ANYBODY)
    edition: str = strawberry.field(description="The edition that it is derived from (版本).", directives=ANYBODY)
    may_be_provisional: bool = strawberry.field(
        description="It may be filed before all is known (暂时报备, H8).", directives=ANYBODY
    )
    levels: int = strawberry.field(description="How many levels review it (审核级数).", directives=ANYBODY)
    form: strawberry.Private[Derived]

    @classmethod
    def of(cls, form: Derived) -> FilingForm:
        """Show a form."""
        provisional, levels = form.may_be_provisional, form.levels
        return cls(type=form.type, edition=form.edition, may_be_provisional=provisional, levels=levels, form=form)

    @strawberry.field(description="The form's title.", directives=ANYBODY)
    def title(self, info: Info[Desk], language: Language | None = None) -> str:
        """Name the form."""
        return self.form.title.in_(spoken(info, language))

    @strawberry.field(description="Its fields in their order.", directives=ANYBODY)
    def fields(self) -> list[FormField]:
        """List the fields."""
        return [FormField.of(field) for field in self.form.fields]

    @strawberry.field(description="The clauses that say what it must have.", directives=ANYBODY)
    def clauses(self) -> list[Clause]:
        """Cite the clauses."""
        return clauses_of(dict.fromkeys(self.form.clauses))

    @strawberry.field(description="How late after it was said it may be entered without a reason.", directives=ANYBODY)
    def said_within(self) -> Span | None:
        """Give the time."""
        return Span.of(self.form.said_within)

    @strawberry.field(description="How far ahead of its appointment it is filed (提前报备, F3).", directives=ANYBODY)
    def lead(self) -> Span | None:
        """Give the time."""
        return Span.of(self.form.lead)


@strawberry.type
class FormQueries:
    """What a client may read about forms."""

    @strawberry.field(
        description="The form of a type of filing (报备表); null where the rulebook has no such filing.",
        directives=ANYBODY,
    )
    def filing_form(self, info: Info[Desk], type: FilingType) -> FilingForm | None:
        """Give the form."""
        form = filing_form(info.context, type)
        return None if form is None else FilingForm.of(form)
