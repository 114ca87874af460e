"""A sealed value opens at its place, under its key, unaltered, or not at all (docs/adr/0005)."""

import hashlib
import hmac
import itertools
import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import AES_256_GCM, AES_256_GCM_SIV, BUCKET, CIPHERS, SM4_GCM, SubjectCipher, pad, unpad
from crypto.sealed import OVERHEAD, Place, SealBroken, Sealed

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
CUSTOMER = UUID("11111111-2222-4333-8444-555555555555")
STRANGER = UUID("99999999-2222-4333-8444-555555555555")
ROW = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
PLACE = Place(2, 3, ROW, CUSTOMER)
SUITES = (AES_256_GCM, AES_256_GCM_SIV)
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())

numbers = st.integers(0, 0xFFFFFFFF)
places = st.builds(Place, numbers, numbers, st.uuids(), st.uuids())


@given(st.binary(max_size=300), places, st.binary(min_size=32, max_size=32), st.integers(1, 0xFFFF))
def test_what_is_sealed_opens_again(text: bytes, place: Place, key: bytes, generation: int) -> None:
    """For any text, place, key and generation, under each suite; two seals of one text share nothing but the head."""
    for suite in SUITES:
        cipher = SubjectCipher(key, place.subject, generation, suite=suite)
        sealed = cipher.seal(text, place)
        assert cipher.open(sealed, place) == text
        assert SubjectCipher(key, place.subject, generation, suite=suite).open(Sealed(bytes(sealed)), place) == text
        assert (sealed.suite, sealed.generation) == (suite, generation)
        assert bytes(cipher.seal(text, place))[36:] != bytes(sealed)[36:]


@given(st.binary(max_size=200))
def test_a_length_shows_its_bucket_and_no_more(text: bytes) -> None:
    """64 bytes of overhead before padding; a text and its neighbours in the bucket are of one length."""
    sealed = SubjectCipher(KEY, CUSTOMER, 1).seal(text, PLACE)
    assert len(sealed) == OVERHEAD + len(pad(text)) == OVERHEAD + (len(text) // BUCKET + 1) * BUCKET


@given(st.binary(max_size=200), st.sampled_from([b"", b"\x80", b"\x00", b"\x80\x00", b"\x00\x80", b"\x80" * 40]))
def test_padding_comes_off_exactly(text: bytes, end: bytes) -> None:
    """ISO/IEC 7816-4, also for a text that ends in the mark or in zeros."""
    assert unpad(pad(text + end)) == text + end


@pytest.mark.parametrize("unpadded", [b"", b"\x00" * 32, b"\x81" + b"\x00" * 31, b"\x80" + b"\x00" * 30 + b"\x01"])
def test_a_text_without_padding_is_refused(unpadded: bytes) -> None:
    """ISO/IEC 7816-4: the mark, then nothing but zeros."""
    with pytest.raises(ValueError, match="no padding"):
        unpad(unpadded)


def test_a_value_opens_at_one_combination_of_all_and_at_no_other() -> None:
    """The swap matrix: table, column, row, customer, key, generation and suite, one changed or several, 127 ways."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1)
    sealed = cipher.seal(b"13812345678", PLACE)
    opened = 0
    for table, column, row, customer, key, generation, suite in itertools.product(
        (2, 1), (3, 4), (ROW, CUSTOMER), (CUSTOMER, STRANGER), (KEY, OTHER_KEY), (1, 2), SUITES
    ):
        there = SubjectCipher(key, customer, generation, suite=suite)
        try:
            assert there.open(sealed, Place(table, column, row, customer)) == b"13812345678"
            opened += 1
        except SealBroken:
            continue
    assert opened == 1


def test_each_bound_part_is_refused_alone() -> None:
    """No part of the matrix is bound by another only: each is changed while header and commitment are right."""
    for suite in SUITES:
        cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
        sealed = cipher.seal(b"x", PLACE)
        for elsewhere in (
            replace(PLACE, table=3),
            replace(PLACE, column=2),
            replace(PLACE, row=CUSTOMER),
            replace(PLACE, subject=STRANGER),
        ):
            with pytest.raises(SealBroken, match=f"table {elsewhere.table}, column {elsewhere.column}"):
                cipher.open(sealed, elsewhere)


def test_a_value_is_not_sealed_at_another_customers_place() -> None:
    """It could be opened by nobody."""
    with pytest.raises(ValueError, match="another subject"):
        SubjectCipher(KEY, CUSTOMER, 1).seal(b"x", replace(PLACE, subject=STRANGER))


@pytest.mark.parametrize("suite", SUITES)
def test_a_flip_of_any_bit_is_refused(suite: int) -> None:
    """Header, commitment, nonce, ciphertext and tag alike; the unaltered value opens (the control)."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
    data = bytes(cipher.seal(b"13812345678", PLACE))
    assert cipher.open(Sealed(data), PLACE) == b"13812345678"
    for at, bit in itertools.product(range(len(data)), range(8)):
        flipped = data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :]
        if at == 0:
            with pytest.raises(ValueError, match="unknown format"):
                Sealed(flipped)
        else:
            with pytest.raises(SealBroken):
                cipher.open(Sealed(flipped), PLACE)


@pytest.mark.parametrize("suite", SUITES)
def test_a_value_cut_short_or_made_longer_is_refused(suite: int) -> None:
    """At every length, and two values are not joined."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
    data = bytes(cipher.seal(bytes(40), PLACE))
    for altered in [data[:length] for length in range(OVERHEAD, len(data))] + [data + b"\x00", data + data]:
        with pytest.raises(SealBroken):
            cipher.open(Sealed(altered), PLACE)


@pytest.mark.parametrize("suite", [0, SM4_GCM, 4, 0xC1, 255])
def test_an_unknown_suite_is_refused(suite: int) -> None:
    """Fail closed, in sealing and in opening; SM4-GCM has a number and no cipher yet."""
    assert suite not in CIPHERS
    with pytest.raises(ValueError, match="unknown suite"):
        SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
    cipher = SubjectCipher(KEY, CUSTOMER, 1)
    data = bytes(cipher.seal(b"x", PLACE))
    with pytest.raises(SealBroken):
        cipher.open(Sealed(data[:1] + bytes((suite,)) + data[2:]), PLACE)


def test_clear_text_is_never_taken_for_a_sealed_one() -> None:
    """There is no pass-through, whatever the bytes begin with."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1)
    for clear in (b"\xc1" + b"13812345678" * 9, b"\xc1\x01\x00\x01" + bytes(90)):
        with pytest.raises(SealBroken):
            cipher.open(Sealed(clear), PLACE)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_subject_key_of_another_length_is_refused(length: int) -> None:
    """AES would take 16 or 24 bytes in silence."""
    with pytest.raises(ValueError, match="32 bytes"):
        SubjectCipher(bytes(length), CUSTOMER, 1)


def _gf_multiply(x: int, y: int) -> int:
    product, v = 0, x
    for i in range(127, -1, -1):
        if y >> i & 1:
            product ^= v
        v = (v >> 1) ^ (0xE1 << 120 if v & 1 else 0)
    return product


def _gf_inverse(x: int) -> int:
    result, power, exponent = 1 << 127, x, (1 << 128) - 2
    while exponent:
        if exponent & 1:
            result = _gf_multiply(result, power)
        power = _gf_multiply(power, power)
        exponent >>= 1
    return result


def _block(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 (GCM's own raw block)
    return encryptor.update(data)


def _two_key_ciphertext(keys: tuple[bytes, bytes], associated: bytes) -> tuple[bytes, bytes]:
    """Make a nonce and two blocks with a tag that AES-GCM accepts under both keys, padded right under both.

    Dodis, Grubbs, Ristenpart, Woodage (CRYPTO 2018): the first block is free, so the two equations of the
    tag over GF(2^128) are solved for it. The second block ends in the mark of the padding under both keys,
    because the nonce is one under which their key streams end alike.
    """

    def ends(nonce: bytes) -> list[int]:
        return [_block(key, nonce + b"\x00\x00\x00\x03")[-1] for key in keys]

    nonce = next(one for one in (count.to_bytes(12) for count in itertools.count()) if len(set(ends(one))) == 1)
    second = bytes(15) + bytes((ends(nonce)[0] ^ 0x80,))
    padded = associated + bytes(-len(associated) % 16)
    lengths = (len(associated) * 8 << 64) | 256

    def equation(key: bytes) -> tuple[int, int]:
        h = int.from_bytes(_block(key, bytes(16)))
        square = _gf_multiply(h, h)
        cube = _gf_multiply(square, h)
        state = 0
        for at in range(0, len(padded), 16):
            state = _gf_multiply(state ^ int.from_bytes(padded[at : at + 16]), h)
        constant = _gf_multiply(state, cube) ^ _gf_multiply(int.from_bytes(second), square) ^ _gf_multiply(lengths, h)
        return cube, constant ^ int.from_bytes(_block(key, nonce + b"\x00\x00\x00\x01"))

    (cube, constant), (other_cube, other_constant) = map(equation, keys)
    first = _gf_multiply(constant ^ other_constant, _gf_inverse(cube ^ other_cube))
    return nonce, first.to_bytes(16) + second + (_gf_multiply(first, cube) ^ constant).to_bytes(16)


def _derived(subject_key: bytes, header: bytes) -> tuple[bytes, bytes]:
    """Derive encryption key and commitment anew with the standard library (RFC 5869, Expand)."""
    info = b"baobei subject key" + header + CUSTOMER.bytes
    first = hmac.digest(subject_key, info + b"\x01", "sha256")
    return first, hmac.digest(subject_key, first + info + b"\x02", "sha256")


def test_no_ciphertext_opens_under_two_keys() -> None:
    """What AES-GCM accepts under both keys as two texts (the control), the commitment refuses under both."""
    header = b"\xc1\x01\x00\x01"
    victims = [SubjectCipher(key, CUSTOMER, 1) for key in (KEY, OTHER_KEY)]
    (key, commitment), (other_key, other_commitment) = (_derived(key, header) for key in (KEY, OTHER_KEY))
    nonce, body = _two_key_ciphertext((key, other_key), PLACE.bind(header))

    texts = [unpad(AESGCM(one).decrypt(nonce, body, PLACE.bind(header))) for one in (key, other_key)]
    assert texts[0] != texts[1]
    with pytest.raises(InvalidTag):
        AESGCM(bytes(32)).decrypt(nonce, body, PLACE.bind(header))

    for carried in (bytes(32), hashlib.sha256(key).digest(), commitment[:16] + other_commitment[16:]):
        for victim in victims:
            with pytest.raises(SealBroken):
                victim.open(Sealed(header + carried + nonce + body), PLACE)
    # Carrying one key's commitment, it is that key's value, and the other key's holder is not deceived.
    for at, carried in enumerate((commitment, other_commitment)):
        sealed = Sealed(header + carried + nonce + body)
        assert victims[at].open(sealed, PLACE) == texts[at]
        with pytest.raises(SealBroken):
            victims[1 - at].open(sealed, PLACE)


@pytest.mark.parametrize("vector", VECTORS["sealed"], ids=lambda vector: f"suite {vector['suite']}")
def test_the_format_is_frozen(vector: dict[str, str | int]) -> None:
    """Known answers: what this version writes, every later version reads."""
    text, suite = str(vector["text"]).encode(), int(vector["suite"])
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite, entropy=lambda n: bytes(range(n)))
    assert bytes(cipher.seal(text, PLACE)).hex() == vector["sealed"]
    assert cipher.open(Sealed(bytes.fromhex(str(vector["sealed"]))), PLACE) == text


def test_there_is_a_known_answer_of_each_suite() -> None:
    """A suite without one could change in silence."""
    assert sorted(vector["suite"] for vector in VECTORS["sealed"]) == sorted(CIPHERS)


def test_the_format_is_the_decision_record_s() -> None:
    """Written anew from docs/adr/0005: header, commitment, nonce, then AES-256-GCM over the padded text."""
    header, nonce = b"\xc1\x01\x00\x01", bytes(range(12))
    key, commitment = _derived(KEY, header)
    bound = b"".join(
        len(part).to_bytes(2) + part for part in (header, (2).to_bytes(4), (3).to_bytes(4), ROW.bytes, CUSTOMER.bytes)
    )
    padded = b"+8613812345678\x80" + bytes(17)
    by_hand = header + commitment + nonce + AESGCM(key).encrypt(nonce, padded, bound)
    assert by_hand.hex() == VECTORS["sealed"][0]["sealed"]
