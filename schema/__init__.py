"""The words: what a client may say."""

from strawberry.schema.config import StrawberryConfig

from authz.guard import Forbidden
from crypto.keyring import KeyRefused
from crypto.providers import ProviderUnavailable
from records.audit import AuditUnavailable
from records.connection import Unreachable
from records.desk import Unauthenticated
from schema.errors import BaobeiSchema, ErrorCode
from schema.mutations import Mutation
from schema.queries import Query
from schema.scalars import SCALARS
from schema.types import RefusedPayload

SCHEMA = BaobeiSchema(
    Query,
    Mutation,
    codes={
        Unauthenticated: ErrorCode.UNAUTHENTICATED,
        Forbidden: ErrorCode.FORBIDDEN,
        AuditUnavailable: ErrorCode.AUDIT_UNAVAILABLE,
        KeyRefused: ErrorCode.KEYS_UNAVAILABLE,
        ProviderUnavailable: ErrorCode.KEYS_UNAVAILABLE,
        Unreachable: ErrorCode.UNAVAILABLE,
    },
    types=(RefusedPayload,),
    config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
)
