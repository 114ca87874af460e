"""Files that somebody keeps with a customer, as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField
from records.tables.model import Model


class Upload(Model):
    """A file that somebody may keep with a customer, once and soon (上传凭证), and what became of it.

    Its ticket is known by its hash alone. `document` is the SHA-256 of what is kept, whose pieces are sealed values of
    the fact; `named_at` is when evidence first named it, without which it is destroyed after a day.
    """

    id = fields.UUIDField(primary_key=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="uploads", on_delete=KEEP)
    customer = fields.ForeignKeyField("records.Customer", related_name="uploads", on_delete=KEEP)
    media = fields.CharField(max_length=40)
    size = fields.IntField()
    ticket_hash = DigestField()
    opened_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)
    fact = fields.OneToOneField("records.Fact", related_name="upload", on_delete=KEEP, null=True)
    document = DigestField(null=True)
    kept_size = fields.IntField(null=True)
    kept_at = fields.DatetimeField(null=True)
    named_at = fields.DatetimeField(null=True)
    destroyed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "upload"
        unique_together = (("ticket_hash",),)
        indexes = (
            Index(fields=("staff_id", "opened_at"), name="upload_by_staff"),
            Index(fields=("document",), name="upload_by_document"),
        )
        constraints = (
            CheckConstraint(check="octet_length(ticket_hash) = 32", name="upload_ticket_length"),
            CheckConstraint(check="octet_length(document) = 32", name="upload_document_length"),
            CheckConstraint(check="size BETWEEN 1 AND 20971520", name="upload_size"),
            CheckConstraint(
                check="num_nonnulls(fact_id, document, kept_size, kept_at) IN (0, 4)", name="upload_is_kept_whole"
            ),
            CheckConstraint(check="kept_at IS NULL OR used_at IS NOT NULL", name="upload_kept_by_its_ticket"),
            CheckConstraint(check="num_nonnulls(named_at, destroyed_at) < 2", name="upload_named_is_not_destroyed"),
        )
