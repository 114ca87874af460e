"""Keys, and what is sealed or found by them, as rows."""

# Tortoise declares a Meta in its own way.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

from records.columns import KEEP, DigestField, SealedField, one_of
from records.tables.model import Model


class KeyVersion(Model):
    """One version of a key and its state (keys are named by number in every wrapped and sealed value)."""

    id = fields.IntField(primary_key=True, generated=False)
    purpose = fields.CharField(max_length=40)
    version = fields.IntField()
    state = fields.CharField(max_length=20)
    suite = fields.SmallIntField()
    created_at = fields.DatetimeField()
    state_at = fields.DatetimeField()
    compromised_at = fields.DatetimeField(null=True)

    class Meta:
        table = "key_version"
        unique_together = (("purpose", "version"),)
        constraints = (
            CheckConstraint(
                check=one_of("state", "staged", "primary", "decrypt_only", "compromised", "disabled", "destroyed"),
                name="key_version_state",
            ),
            CheckConstraint(check="id > 0 AND version > 0", name="key_version_counts_up"),
        )


class KeyMaterial(Model):
    """The living bytes of a key, wrapped by its provider; destroying a key is the deletion of this row.

    Its id is its key version's (a foreign key, see the migrations).
    """

    id = fields.IntField(primary_key=True, generated=False)
    wrapped = fields.BinaryField()

    class Meta:
        table = "key_material"


class KeyAct(Model):
    """Something done to keys (密钥操作): who asked and when, who agreed, how it ended.

    `subject` is what it was done to, in words (`data`, `index.phone`, `kek data`); `key` the version, if it was one.
    `alone` says that one person did what two should: only where the installation records that instead of refusing it.
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=30)
    subject = fields.CharField(max_length=60)
    key = fields.ForeignKeyField("records.KeyVersion", related_name="acts", on_delete=KEEP, null=True)
    requested_by = fields.ForeignKeyField("records.Staff", related_name="key_acts", on_delete=KEEP, null=True)
    requested_at = fields.DatetimeField()
    approved_by = fields.ForeignKeyField("records.Staff", related_name="approved_key_acts", on_delete=KEEP, null=True)
    approved_at = fields.DatetimeField(null=True)
    alone = fields.BooleanField(default=False)
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.ForeignKeyField("records.Staff", related_name="ended_key_acts", on_delete=KEEP, null=True)
    outcome = fields.CharField(max_length=30, null=True)

    class Meta:
        table = "key_act"
        indexes = (Index(fields=("requested_at",), name="key_act_by_age"),)
        constraints = (
            CheckConstraint(check="(approved_by_id IS NULL) = (approved_at IS NULL)", name="key_act_approved_by"),
            CheckConstraint(check="alone OR approved_by_id <> requested_by_id", name="key_act_two_people"),
            CheckConstraint(
                check="approved_at BETWEEN requested_at AND requested_at + interval '24 hours'",
                name="key_act_approved_in_time",
            ),
            CheckConstraint(check="(ended_at IS NULL) = (outcome IS NULL)", name="key_act_ended"),
        )


class Erasure(Model):
    """A customer whose keys were destroyed, so that nothing of them opens; the ledger outside the database says so too.

    It may name a customer that this database has never heard of, restored as it was from an older backup. A person
    whose key was destroyed stands here too, by their own id.
    """

    customer_id = fields.UUIDField(primary_key=True)
    erased_at = fields.DatetimeField()

    class Meta:
        table = "erasure"


class SubjectKey(Model):
    """The key of a customer, or of a person, wrapped by a data key: the unit of erasure. Erased: `wrapped` is null.

    Whose it is stands in a generated column too, `subject_id`. The data key's number is one, with a foreign key to
    `key_material` (see the migrations), so no data key that a row still needs can be destroyed.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="subject_keys", on_delete=KEEP, null=True)
    staff = fields.ForeignKeyField("records.Staff", related_name="subject_keys", on_delete=KEEP, null=True)
    generation = fields.IntField()
    wrapped = fields.BinaryField(null=True)
    created_at = fields.DatetimeField()
    destroyed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "subject_key"
        unique_together = (("customer", "generation"), ("staff", "generation"))
        constraints = (
            CheckConstraint(check="num_nonnulls(customer_id, staff_id) = 1", name="subject_key_of_somebody"),
            CheckConstraint(check="generation BETWEEN 1 AND 65535", name="subject_key_generation"),
            CheckConstraint(check="(wrapped IS NULL) = (destroyed_at IS NOT NULL)", name="subject_key_lives_or_not"),
        )


class SealedValue(Model):
    """One sealed text of a filing or another fact, or one piece of a file; `field` is its registry number.

    A text is one piece, 0; a file has as many as it takes, and each says inside the seal which it is.
    Its generation is a generated column with a foreign key to the subject key that opens it (see the
    migrations). Facts are immutable, so what a compromise rotation must re-encrypt stands here.
    """

    id = fields.UUIDField(primary_key=True)
    customer = fields.ForeignKeyField("records.Customer", related_name="sealed_values", on_delete=KEEP)
    fact = fields.ForeignKeyField("records.Fact", related_name="sealed_values", on_delete=KEEP)
    filing = fields.ForeignKeyField("records.Filing", related_name="sealed_values", on_delete=KEEP, null=True)
    field = fields.SmallIntField()
    piece = fields.SmallIntField(default=0)
    sealed = SealedField()

    class Meta:
        table = "sealed_value"
        unique_together = (("fact", "field", "piece"),)
        indexes = (Index(fields=("filing_id", "field"), name="sealed_value_by_filing"),)


class BlindIndex(Model):
    """A keyed token of a canonical value, by which equal values meet without being read."""

    id = fields.BigIntField(primary_key=True)
    index = fields.SmallIntField()
    key = fields.ForeignKeyField("records.KeyMaterial", related_name="tokens", on_delete=KEEP)
    normaliser = fields.SmallIntField()
    token = DigestField()
    customer = fields.ForeignKeyField("records.Customer", related_name="tokens", on_delete=KEEP)
    filing = fields.ForeignKeyField("records.Filing", related_name="tokens", on_delete=KEEP)

    class Meta:
        table = "blind_index"
        unique_together = (("index", "key", "normaliser", "token", "filing"),)
        indexes = (
            Index(fields=("customer_id",), name="blind_index_by_customer"),
            Index(fields=("filing_id",), name="blind_index_by_filing"),
        )
        constraints = (CheckConstraint(check="octet_length(token) = 32", name="blind_index_token_length"),)
