"""What stands beside each field in the schema: who may read it, and what the access log has of it.

- `@requires` names the act and the field class that the guard is asked for; without an act, being signed in is enough,
  and signing in needs nobody.
- `@audited` says by which entry of the log a reading or an act is known afterwards.
"""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.schema_directive import Location

from authz.acts import Act
from authz.policy import FieldClass

strawberry.enum(Act, description="What somebody may ask to do (操作).")
strawberry.enum(FieldClass, description="What kind of data a field holds (字段类别), as the guard is asked.")


@strawberry.enum(description="By which entry the access log knows of a field (审计类别).")
class Audited(Enum):
    """How the log knows of a field."""

    CARRIED = strawberry.enum_value("carried", description="Shown with its object, whose entry speaks for it.")
    PAGE = strawberry.enum_value("page", description="A page is one entry with its count, before it is shown.")
    SHOWN = strawberry.enum_value("shown", description="An entry before a sealed card is opened, with their count.")
    REVEAL = strawberry.enum_value("reveal", description="An entry a customer before contact data are opened.")
    PROBE = strawberry.enum_value("probe", description="An entry for each question before anything is looked at.")
    ACT = strawberry.enum_value("act", description="An entry in the transaction of the act.")
    LOG = strawberry.enum_value("log", description="That the log was read is itself an entry.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="What the guard is asked before this is shown or done (权限).",
)
class Requires:
    """The authorization class of a field."""

    act: Act | None = strawberry.directive_field(name="act", default=None)
    field_class: FieldClass = strawberry.directive_field(name="field_class", default=FieldClass.PUBLIC)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="audited",
    description="By which entry the access log knows of this (审计).",
)
class AuditedBy:
    """The audit class of a field."""

    by: Audited = strawberry.directive_field(name="by")


def requires(
    act: Act | None, field_class: FieldClass = FieldClass.PUBLIC, audited: Audited = Audited.CARRIED
) -> tuple[object, ...]:
    """Give the directives of a field."""
    return Requires(act=act, field_class=field_class), AuditedBy(by=audited)
