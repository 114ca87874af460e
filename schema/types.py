"""What a client is answered: the nouns of the glossary."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 (strawberry reads annotations when the schema is made)
from typing import TYPE_CHECKING

import strawberry

from authz.actor import Role
from authz.acts import Act
from records.refusals import RefusalCode

if TYPE_CHECKING:
    from records.refusals import Refused

strawberry.enum(Role, description="What a person may do in the system (角色).")
strawberry.enum(Act, description="What somebody may ask to do (操作).")
strawberry.enum(RefusalCode, description="Why an act was not done, or gave its actor nothing (closed list).")


@strawberry.type(description="A sales team (团队).")
class Team:
    """A team."""

    id: strawberry.ID = strawberry.field(description="Opaque id.")
    name: str = strawberry.field(description="The team's name.")


@strawberry.type(description="A person of the company (员工).")
class Staff:
    """A person."""

    id: strawberry.ID = strawberry.field(description="Opaque id.")
    number: str = strawberry.field(description="The staff number (工号).")
    name: str = strawberry.field(description="The person's name.")
    role: Role = strawberry.field(description="The person's role (角色).")
    team: Team | None = strawberry.field(description="The team that the person belongs to now.")


@strawberry.type(description="Whoever is signed in (当前用户).")
class Viewer:
    """The viewer."""

    staff: Staff = strawberry.field(description="The person behind the account (B14).")
    viewer_can: list[Act] = strawberry.field(description="The acts that the viewer's role has at all.")


@strawberry.interface(description="The law's No, as data (拒绝): a code, the clauses, and words.")
class Refusal:
    """A refusal."""

    code: RefusalCode = strawberry.field(description="Why.")
    message: str = strawberry.field(description="Words for a person, in the request's language.")


@strawberry.type(name="Refused", description="A refusal with nothing to add to its code.")
class RefusedPayload(Refusal):
    """A plain refusal."""

    @classmethod
    def of(cls, refused: Refused, language: str) -> RefusedPayload:
        """Put an act's refusal into words."""
        return cls(code=refused.code, message=refused.message(language))


@strawberry.type(description="A new session (登录结果), or why there is none.")
class LogInPayload:
    """What logging in gives."""

    token: str | None = strawberry.field(default=None, description="The bearer token; shown this once.")
    expires_at: datetime | None = strawberry.field(default=None, description="When the session ends by itself.")
    refusal: Refusal | None = strawberry.field(default=None, description="Why nobody was signed in.")


@strawberry.type(description="The session that asked has ended (退出结果).")
class LogOutPayload:
    """What logging out gives."""

    ended: bool = strawberry.field(description="True: the token is worth nothing any more.")


@strawberry.type(description="A changed password (修改密码结果), or why it was not changed.")
class ChangePasswordPayload:
    """What changing one's password gives."""

    refusal: Refusal | None = strawberry.field(default=None, description="Why the password is still the old one.")
