"""The words: what a client may say."""

from strawberry.schema.config import StrawberryConfig

from authz.guard import Forbidden
from crypto.keyring import KeyRefused
from crypto.providers import ProviderUnavailable
from records.audit import AuditUnavailable
from records.connection import Unreachable
from records.desk import NotSigned, Unauthenticated
from records.filters import BadInput
from records.pages import BadCursor
from records.replays import IdempotencyConflict
from schema.enums import CLOSED_LISTS
from schema.errors import BaobeiSchema, ErrorCode
from schema.mutations import Mutation
from schema.queries import Query
from schema.refusals import REFUSALS
from schema.scalars import SCALARS
from schema.subscriptions import Subscription

SCHEMA = BaobeiSchema(
    Query,
    Mutation,
    Subscription,
    codes={
        Unauthenticated: ErrorCode.UNAUTHENTICATED,
        Forbidden: ErrorCode.FORBIDDEN,
        NotSigned: ErrorCode.UNDERTAKING_NEEDED,
        AuditUnavailable: ErrorCode.AUDIT_UNAVAILABLE,
        KeyRefused: ErrorCode.KEYS_UNAVAILABLE,
        ProviderUnavailable: ErrorCode.KEYS_UNAVAILABLE,
        Unreachable: ErrorCode.UNAVAILABLE,
        BadInput: ErrorCode.BAD_USER_INPUT,
        BadCursor: ErrorCode.BAD_CURSOR,
        IdempotencyConflict: ErrorCode.IDEMPOTENCY_CONFLICT,
    },
    types=(*REFUSALS, *CLOSED_LISTS),
    config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
)
