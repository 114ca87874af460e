"""What a client may do: one act of the book each."""

from __future__ import annotations

import strawberry
from strawberry.types import Info  # noqa: TC002 (strawberry reads annotations when the schema is made)

from records import accounts
from records.desk import Desk  # noqa: TC001 (as above)
from records.refusals import Refused
from schema.scalars import SealedText  # noqa: TC001 (as above)
from schema.types import ChangePasswordPayload, LogInPayload, LogOutPayload, RefusedPayload


@strawberry.input(description="Who signs in (登录).")
class LogInInput:
    """A login and its password."""

    login: str = strawberry.field(description="The account's login.")
    password: SealedText = strawberry.field(description="The account's password.")


@strawberry.input(description="A new password for oneself (修改密码).")
class ChangePasswordInput:
    """The old password and the new."""

    old_password: SealedText = strawberry.field(description="The password until now.")
    new_password: SealedText = strawberry.field(description="12 to 256 characters, other than login and old password.")


@strawberry.type(description="What a client may do.")
class Mutation:
    """The mutation root."""

    @strawberry.mutation(description="Sign in with one's own account (B14); slowed, then locked, by wrong passwords.")
    async def log_in(self, info: Info[Desk], input: LogInInput) -> LogInPayload:  # noqa: A002 (the wire's name)
        """Open a session."""
        outcome = await accounts.log_in(info.context, input.login, input.password)
        if isinstance(outcome, Refused):
            return LogInPayload(refusal=RefusedPayload.of(outcome, info.context.language))
        return LogInPayload(token=outcome.token, expires_at=outcome.expires_at)

    @strawberry.mutation(description="End the session that asks.")
    async def log_out(self, info: Info[Desk]) -> LogOutPayload:
        """End this session."""
        await accounts.log_out(info.context)
        return LogOutPayload(ended=True)

    @strawberry.mutation(description="Change one's own password; every other session of the account ends.")
    async def change_password(self, info: Info[Desk], input: ChangePasswordInput) -> ChangePasswordPayload:  # noqa: A002
        """Replace one's own password."""
        refused = await accounts.change_password(info.context, input.old_password, input.new_password)
        return ChangePasswordPayload(refusal=refused and RefusedPayload.of(refused, info.context.language))
