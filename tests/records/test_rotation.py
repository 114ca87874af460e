"""Keys are replaced under a book in use: nothing is lost, nothing is left, all is found and read as before."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import AES_256_GCM, AES_256_GCM_SIV
from crypto.keyring import KeyRefused, KeyState
from crypto.providers import HEAD_BYTES, Providers, ProviderUnavailable, head
from crypto.providers.file import FileProvider
from records import forms, key_states
from records.canonical import Phone, canonical_wechat
from records.connection import transaction
from records.forms import Form, read_form
from records.identity import match
from records.key_needs import needs_of
from records.key_wrapping import retire_keks, rewrap_keys, rotate_kek, wrappings
from records.keys import CURSOR, DATA, IDEMPOTENCY, LOG_MAC, Index
from records.moving import FULL_SPEED
from records.rotation import Outcome, Rotator, work_left
from records.tokens import tokens_of
from tests.records.keys_at_hand import file_forms, form, opened, read_back

if TYPE_CHECKING:
    from pathlib import Path

    from records.database import Database
    from records.keys import Keys


async def finish(keys: Keys) -> Outcome:
    """Do what is left, at once."""
    return await Rotator(keys, pace=FULL_SPEED, grace=0).run()


async def fetch(statement: str, *values: Any) -> list[dict[str, Any]]:
    """Ask the database."""
    async with transaction() as tx:
        return [dict(row) for row in await tx.execute_query_dict(statement, list(values))]


async def find(keys: Keys, said: Form) -> list[Any]:
    """Find the customers that have one of a form's identities."""
    async with transaction() as tx:
        await keys.follow(tx.execute_query_dict)
        return (await match(tx.execute_query_dict, tokens_of(keys, said.identities()))).get(0, [])


async def retired(keys: Keys) -> list[int]:
    """Destroy what is older of the data keys' key-encryption key."""
    async with transaction() as tx:
        return await retire_keks(tx.execute_query_dict, keys.provider, "data")


FORMS = [form(number) for number in range(30)]


def test_a_routine_rotation_rewraps_customers_keys_and_touches_no_business_row(
    database: Database, tmp_path: Path
) -> None:
    """Before and after: the same ciphertexts, byte by byte, and the old key is needed by nothing."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS)
            old, before = keys.primary(DATA), await read_back(keys)
            rows = "SELECT id, card AS sealed FROM filing UNION ALL SELECT id, sealed FROM sealed_value ORDER BY 1"
            sealed, tokens = await fetch(rows), await fetch("SELECT * FROM blind_index ORDER BY id")
            made = await key_states.rotate(keys, DATA)
            outcome = await finish(keys)
            assert (outcome.moved, outcome.left, outcome.unopened) == (30, (), ())
            assert (await fetch(rows), await fetch("SELECT * FROM blind_index ORDER BY id")) == (sealed, tokens)
            assert await read_back(keys) == before
            async with transaction() as tx:
                assert await needs_of(tx.execute_query_dict, [old.id]) == []
                await key_states.move(tx.execute_query_dict, keys, old.id, KeyState.DISABLED)
            assert await read_back(keys) == before
            assert keys.primary(DATA).id == made.id
            with pytest.raises(KeyRefused, match=f"key {old.id}"):
                keys.data_key(old.id)

    asyncio.run(rotate())


def test_a_compromise_seals_everything_anew_under_new_keys_of_the_customers(database: Database, tmp_path: Path) -> None:
    """Nothing opens any more by what the old data key wraps: no row, and no key of a customer, is left under it."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS)
            old, before = keys.primary(DATA), await read_back(keys)
            sealed = {bytes(row["sealed"]) for row in await fetch("SELECT sealed FROM sealed_value")}
            wrapped = {bytes(row["wrapped"]) for row in await fetch("SELECT wrapped FROM subject_key")}
            assert await key_states.compromise(keys, old.id) is not None
            await file_forms(keys, [form(100)])
            async with transaction() as tx:
                left = {(need.table, need.column): need.rows for need in await work_left(tx.execute_query_dict, keys)}
            assert left["subject_key", "wrapped"] == left["filing", "card"] == left["sealed_value", "phones"] == 30
            outcome = await finish(keys)
            assert (outcome.left, outcome.unopened) == ((), ())
            assert outcome.moved == 30 + 30 + 30 * 7
            after = await read_back(keys)
            assert {filing: after[filing] for filing in before} == before
            assert not sealed & {bytes(row["sealed"]) for row in await fetch("SELECT sealed FROM sealed_value")}
            assert not wrapped & {bytes(row["wrapped"]) for row in await fetch("SELECT wrapped FROM subject_key")}
            async with transaction() as tx:
                assert await needs_of(tx.execute_query_dict, [old.id]) == []

    asyncio.run(rotate())


def test_a_retired_key_that_becomes_known_takes_along_those_that_wrap_its_customers_keys(
    database: Database, tmp_path: Path
) -> None:
    """Customers' keys that it wrapped were wrapped anew, but are the same: so all are renewed."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS[:3])
            first = keys.primary(DATA)
            await key_states.rotate(keys, DATA)
            await finish(keys)
            second = keys.primary(DATA)
            made = await key_states.compromise(keys, first.id)
            await finish(keys)
            states = {one.id: one.state for one in keys.versions(DATA)}
            assert made is not None
            assert states == {
                first.id: KeyState.COMPROMISED, second.id: KeyState.COMPROMISED, made.id: KeyState.PRIMARY,
            }  # fmt: skip
            generations = await fetch("SELECT DISTINCT generation FROM subject_key")
            assert generations == [{"generation": 2}]

    asyncio.run(rotate())


def test_a_compromise_stops_writing_also_when_no_new_key_can_be_made(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider is gone: nothing is written until it is back; then the same act makes the key."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS[:1])
            old = keys.primary(DATA)

            def gone(*_: object, **__: object) -> bytes:
                raise ProviderUnavailable("the provider does not answer")

            with monkeypatch.context() as patched:
                patched.setattr(keys.provider, "wrap", gone)
                with pytest.raises(ProviderUnavailable):
                    await key_states.rotate(keys, DATA)
                assert await key_states.compromise(keys, old.id) is None
                with pytest.raises(KeyRefused, match="no primary key"):
                    await file_forms(keys, [form(7)])
                assert len(await read_back(keys)) == 1
            assert await key_states.compromise(keys, old.id) is not None
            await file_forms(keys, [form(7)])
            assert (await finish(keys)).left == ()
            assert len(await read_back(keys)) == 2

    asyncio.run(rotate())


@pytest.mark.parametrize("is_known", [False, True])
def test_an_index_is_keyed_anew_and_finds_all_the_same(database: Database, tmp_path: Path, *, is_known: bool) -> None:
    """While both keys are there, and after; tokens change, and say the same of the same filings."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS)
            count = "SELECT index, count(*) FROM blind_index GROUP BY 1 ORDER BY 1"
            found, counted = [await find(keys, said) for said in FORMS], await fetch(count)
            old = {one.id for index in Index for one in keys.versions(index.purpose)}
            for index in (Index.PHONE, Index.PHONE_PREFIX, Index.WECHAT, Index.NAME, Index.EMAIL, Index.USCC):
                if is_known:
                    await key_states.compromise(keys, keys.primary(index.purpose).id)
                else:
                    await key_states.rotate(keys, index.purpose)
            assert [await find(keys, said) for said in FORMS] == found
            assert await find(keys, form(77)) == []
            again = await file_forms(keys, [FORMS[0]])
            (row,) = await fetch("SELECT count(DISTINCT customer_id) AS n FROM filing WHERE id = ANY($1)", again)
            assert row["n"] == 1
            outcome = await finish(keys)
            assert (outcome.left, outcome.unopened, outcome.moved) == ((), (), 30 * 5)
            assert [await find(keys, said) for said in FORMS] == found
            (row,) = await fetch("SELECT count(*) AS n FROM blind_index WHERE key_id = ANY($1)", list(old))
            assert row["n"] == 0
            assert [row["count"] for row in await fetch(count)] == [row["count"] + 1 for row in counted]

    asyncio.run(rotate())


def test_a_suite_is_changed_by_a_rotation_and_changed_back(database: Database, tmp_path: Path) -> None:
    """From AES-256-GCM to GCM-SIV: first two suites stand side by side, then one; and the way back."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS[:5])
            before = await read_back(keys)
            for suite, other in ((AES_256_GCM_SIV, AES_256_GCM), (AES_256_GCM, AES_256_GCM_SIV)):
                await key_states.rotate(keys, DATA, suite=suite)
                await file_forms(keys, [form(10 + suite)])
                suites = (
                    "SELECT get_byte(sealed, 1) AS suite FROM sealed_value UNION SELECT get_byte(card, 1) FROM filing"
                )
                assert {row["suite"] for row in await fetch(suites)} == {suite, other}
                assert (await finish(keys)).left == ()
                assert {row["suite"] for row in await fetch(suites)} == {suite}
                after = await read_back(keys)
                assert {filing: after[filing] for filing in before} == before

    asyncio.run(rotate())


def test_a_newer_normaliser_is_brought_in_online_and_misses_nobody(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the last row is written anew the older one is asked as well; then it may go."""

    async def reindex() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS[:5])
            asked = [Form(texts=said.texts) for said in FORMS[:5]]
            found = [await find(keys, said) for said in asked]
            assert all(found)
            both = ((2, lambda text: (canonical_wechat(text) or "").upper() or None), (1, canonical_wechat))
            monkeypatch.setitem(forms.NORMALISERS, Index.WECHAT, both)
            assert [await find(keys, said) for said in asked] == found
            await file_forms(keys, [form(9)])
            assert await find(keys, Form(texts=form(9).texts))
            outcome = await finish(keys)
            assert outcome.left == ()
            monkeypatch.setitem(forms.NORMALISERS, Index.WECHAT, both[:1])
            assert [await find(keys, said) for said in asked] == found
            rows = await fetch("SELECT DISTINCT normaliser FROM blind_index WHERE index = $1", int(Index.WECHAT))
            assert rows == [{"normaliser": 2}]

    asyncio.run(reindex())


def test_keys_of_the_log_and_the_wire_are_replaced_and_the_old_ones_still_read(
    database: Database, tmp_path: Path
) -> None:
    """No row is moved: what an old key signed, hashed or named stays, and so does the key while a row needs it."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            for purpose in (LOG_MAC, CURSOR, IDEMPOTENCY, "log.pseudonym.2026", Index.REGISTER_ROW.purpose):
                old = keys.primary(purpose)
                made = await key_states.rotate(keys, purpose)
                assert (await finish(keys)).moved == 0
                assert [one.state for one in keys.versions(purpose)] == [KeyState.DECRYPT_ONLY, KeyState.PRIMARY]
                if purpose in {CURSOR, IDEMPOTENCY}:
                    assert [key.id for key in keys.wire_keys(purpose)] == [made.id, old.id]

    asyncio.run(rotate())


def test_a_row_that_does_not_open_is_listed_and_holds_up_nothing_else(database: Database, tmp_path: Path) -> None:
    """By table, column and ids; its key is then needed for good, and cannot be destroyed."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            filings = await file_forms(keys, FORMS[:4])
            await fetch(
                "UPDATE filing SET card = set_byte(card, 60, 255 - get_byte(card, 60)) WHERE id = $1", filings[0]
            )
            await fetch(
                "UPDATE sealed_value SET sealed = set_byte(sealed, 60, 255 - get_byte(sealed, 60)) "
                "WHERE filing_id = $1 AND field = 3",
                filings[1],
            )
            old = keys.primary(DATA)
            await key_states.compromise(keys, old.id)
            await key_states.rotate(keys, Index.PHONE.purpose)
            outcome = await finish(keys)
            listed = {(one.table, one.column) for one in outcome.unopened}
            assert listed == {("filing", "card"), ("sealed_value", "phones"), ("blind_index", "phone")}
            left = {(need.table, need.column): need.rows for need in outcome.left}
            assert left == {
                ("filing", "card"): 1, ("sealed_value", "phones"): 1, ("subject_key", "wrapped"): 2,
                ("blind_index", "phone"): 1,
            }  # fmt: skip
            assert "1380000" not in str(outcome.unopened)

    asyncio.run(rotate())


def test_several_rotators_at_once_do_no_harm(database: Database, tmp_path: Path) -> None:
    """Three at the same compromise and index: each row is moved once, nothing is left, nothing is lost."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS)
            before = await read_back(keys)
            await key_states.compromise(keys, keys.primary(DATA).id)
            await key_states.rotate(keys, Index.PHONE.purpose)
            outcomes = await asyncio.gather(*(finish(keys) for _ in range(3)))
            assert all(outcome.left == () for outcome in outcomes)
            assert await read_back(keys) == before

    asyncio.run(rotate())


TEXT = st.text(max_size=20)


@given(
    st.none() | TEXT, st.lists(st.sampled_from(["+8613800138000", "+8657165681234", "+86138****"]), max_size=2),
    st.dictionaries(st.sampled_from(["wechat", "email", "address", "uscc", "need"]), TEXT), st.dictionaries(TEXT, TEXT),
)  # fmt: skip
def test_a_form_is_read_again_from_what_was_sealed_of_it(name, numbers, texts, unknown) -> None:
    """So its index rows can be made anew: whatever it says, the same entries come out."""
    said = Form(name, tuple(Phone(number) for number in numbers), texts, unknown)
    again = read_form(dict(said.sealed_texts()))
    assert list(again.index_entries()) == list(said.index_entries())


def test_a_key_encryption_key_is_replaced_and_its_predecessor_destroyed(database: Database, tmp_path: Path) -> None:
    """Each key is wrapped anew and stays the same; a process that has them open notices nothing."""

    async def rotate() -> None:
        async with opened(database, tmp_path / "keys") as keys, opened(database, tmp_path / "keys") as others:
            await file_forms(keys, FORMS[:3])
            before = await read_back(keys)
            wrapped = await fetch("SELECT id, wrapped FROM key_material ORDER BY id")
            assert await rotate_kek(keys.provider, "data") == 2
            with pytest.raises(KeyRefused, match="still wrapped under an older data key"):
                await retired(keys)
            assert await rewrap_keys(keys.provider) == 1
            assert await rewrap_keys(keys.provider) == 0
            changed = [
                row["id"]
                for row, was in zip(
                    await fetch("SELECT id, wrapped FROM key_material ORDER BY id"), wrapped, strict=True
                )
                if row != was
            ]
            assert changed == [keys.primary(DATA).id]
            assert await retired(keys) == [1]
            for one in (keys, others):
                assert await read_back(one) == before
            others._ring.forget()
            assert await read_back(others) == before
            assert await file_forms(others, [form(50)])

    asyncio.run(rotate())


def test_keys_move_from_one_provider_to_another_and_back(database: Database, tmp_path: Path) -> None:
    """Both are there while they move; after that the first one alone opens everything."""

    class Elsewhere:
        """Another provider: a key file under another number."""

        number, name, answers_at_once = 200, "elsewhere", True

        def __init__(self, inner: FileProvider) -> None:
            self.inner = inner
            self.versions, self.probe = inner.versions, inner.probe
            self.rotate, self.retire = inner.rotate, inner.retire

        def wrap(self, purpose: str, material: bytes, *, context: bytes) -> bytes:
            inner = self.inner.wrap(purpose, material, context=context)
            return head(self.number, self.inner.version_of(inner), purpose, material, context=context) + inner

        def unwrap(self, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
            return self.inner.unwrap(purpose, wrapped[HEAD_BYTES:], context=context)

        def version_of(self, wrapped: bytes) -> int:
            return self.inner.version_of(wrapped[HEAD_BYTES:])

    async def move() -> None:
        async with opened(database, tmp_path / "keys") as keys:
            await file_forms(keys, FORMS[:3])
            before, file = await read_back(keys), keys.provider
            elsewhere = Elsewhere(FileProvider.create(tmp_path / "elsewhere"))
            keys.provider = Providers(elsewhere, file)
            count = await rewrap_keys(keys.provider)
            async with transaction() as tx:
                assert {one.provider for one in await wrappings(tx.execute_query_dict)} == {200}
            keys.provider = elsewhere
            await keys.follow(_asked)
            keys._ring.forget()
            assert await read_back(keys) == before
            keys.provider = Providers(file, elsewhere)
            assert await rewrap_keys(keys.provider) == count
            keys.provider = file
            await keys.follow(_asked)
            keys._ring.forget()
            assert await read_back(keys) == before

    asyncio.run(move())


async def _asked(statement: str, values: list[Any]) -> Any:
    async with transaction() as tx:
        return await tx.execute_query_dict(statement, values)
