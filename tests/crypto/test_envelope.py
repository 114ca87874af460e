"""A sealed value opens at its place, under its key, unaltered, or not at all."""

import base64
import json
import pickle
from pathlib import Path
from uuid import UUID

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from hypothesis import given
from hypothesis import strategies as st

from crypto.blind_index import IndexKey
from crypto.envelope import AES_256_GCM, AES_256_GCM_SIV, BUCKET, SubjectCipher, pad, unpad
from crypto.sealed import OVERHEAD, Confidential, Place, SealBroken, Sealed

KEY = bytes(range(32))
OTHER_KEY = bytes(range(1, 33))
CUSTOMER = UUID("11111111-2222-4333-8444-555555555555")
STRANGER = UUID("99999999-2222-4333-8444-555555555555")
ROW = UUID("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee")
PLACE = Place(2, 3, ROW, CUSTOMER)
SUITES = (AES_256_GCM, AES_256_GCM_SIV)
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())


@given(text=st.binary(max_size=300), suite=st.sampled_from(SUITES))
def test_what_is_sealed_opens_again(text: bytes, suite: int) -> None:
    """For any text and suite."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
    sealed = cipher.seal(text, PLACE)
    assert cipher.open(sealed, PLACE) == text
    assert len(sealed) == OVERHEAD + len(pad(text))
    assert len(pad(text)) % BUCKET == 0


@given(st.binary(max_size=200))
def test_padding_comes_off_exactly(text: bytes) -> None:
    """ISO/IEC 7816-4, also for a text that ends in the mark or in zeros."""
    assert unpad(pad(text)) == text
    assert unpad(pad(text + b"\x80")) == text + b"\x80"
    assert unpad(pad(text + b"\x00")) == text + b"\x00"


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(
    "elsewhere",
    [
        Place(1, 3, ROW, CUSTOMER),
        Place(2, 4, ROW, CUSTOMER),
        Place(2, 3, UUID(int=1), CUSTOMER),
    ],
    ids=["table", "column", "row"],
)
def test_a_value_moved_elsewhere_does_not_open(suite: int, elsewhere: Place) -> None:
    """The swap matrix: table, column, row; customer, generation and suite are below."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
    with pytest.raises(SealBroken):
        cipher.open(cipher.seal(b"x", PLACE), elsewhere)


def test_a_value_of_another_customer_generation_suite_or_key_does_not_open() -> None:
    """Each is bound by the derivation or the header."""
    sealed = SubjectCipher(KEY, CUSTOMER, 1).seal(b"x", PLACE)
    theirs = Place(2, 3, ROW, STRANGER)
    for cipher, place in (
        (SubjectCipher(KEY, STRANGER, 1), theirs),
        (SubjectCipher(KEY, CUSTOMER, 2), PLACE),
        (SubjectCipher(KEY, CUSTOMER, 1, suite=AES_256_GCM_SIV), PLACE),
        (SubjectCipher(OTHER_KEY, CUSTOMER, 1), PLACE),
    ):
        with pytest.raises(SealBroken):
            cipher.open(sealed, place)


@pytest.mark.parametrize("suite", SUITES)
def test_a_flip_of_any_byte_is_refused(suite: int) -> None:
    """Header, commitment, nonce, ciphertext and tag alike; the unaltered value opens (the control)."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=suite)
    data = bytes(cipher.seal(b"13812345678", PLACE))
    assert cipher.open(Sealed(data), PLACE) == b"13812345678"
    for at in range(1, len(data)):
        flipped = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises(SealBroken):
            cipher.open(Sealed(flipped), PLACE)
    with pytest.raises(ValueError, match="unknown format"):
        Sealed(b"\xc0" + data[1:])
    with pytest.raises(ValueError, match="truncated"):
        Sealed(data[: OVERHEAD - 1])


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


def _two_key_ciphertext(first: bytes, second: bytes, nonce: bytes, associated: bytes) -> bytes:
    """Make one AES-GCM ciphertext with a tag that verifies under both keys (Dodis et al., CRYPTO 2018).

    One block of ciphertext is free, so the two tag equations over GF(2^128) are solved for it.
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes  # noqa: PLC0415 (only here)

    def block(key: bytes, data: bytes) -> int:
        encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 (the raw block)
        return int.from_bytes(encryptor.update(data))

    padded = associated + bytes(-len(associated) % 16)
    blocks = [int.from_bytes(padded[i : i + 16]) for i in range(0, len(padded), 16)]
    lengths = (len(associated) * 8 << 64) | 128

    def known_part(key: bytes) -> tuple[int, int]:
        h = block(key, bytes(16))
        state = 0
        for one in blocks:
            state = _gf_multiply(state ^ one, h)
        constant = _gf_multiply(_gf_multiply(state, h), h) ^ _gf_multiply(lengths, h)
        return _gf_multiply(h, h), constant ^ block(key, nonce + b"\x00\x00\x00\x01")

    square_1, constant_1 = known_part(first)
    square_2, constant_2 = known_part(second)
    free = _gf_multiply(constant_1 ^ constant_2, _gf_inverse(square_1 ^ square_2))
    tag = _gf_multiply(free, square_1) ^ constant_1
    return free.to_bytes(16) + tag.to_bytes(16)


def test_a_ciphertext_made_for_two_keys_opens_under_neither() -> None:
    """Plain AES-GCM accepts it under both keys (the control); the commitment refuses both."""
    nonce, associated = bytes(12), b"header"
    body = _two_key_ciphertext(KEY, OTHER_KEY, nonce, associated)
    assert AESGCM(KEY).decrypt(nonce, body, associated) != AESGCM(OTHER_KEY).decrypt(nonce, body, associated)
    with pytest.raises(InvalidTag):
        AESGCM(bytes(32)).decrypt(nonce, body, associated)

    victims = [SubjectCipher(key, CUSTOMER, 1) for key in (KEY, OTHER_KEY)]
    for commitment_of in victims:
        header = bytes(commitment_of.seal(b"", PLACE))[:36]
        for cipher in victims:
            with pytest.raises(SealBroken):
                cipher.open(Sealed(header + nonce + body), PLACE)


@pytest.mark.parametrize("vector", VECTORS["sealed"], ids=lambda vector: f"suite {vector['suite']}")
def test_the_format_is_frozen(vector: dict[str, str | int]) -> None:
    """Known answers: what this version writes, every later version reads."""
    cipher = SubjectCipher(KEY, CUSTOMER, 1, suite=int(vector["suite"]), entropy=lambda n: bytes(range(n)))
    assert bytes(cipher.seal(str(vector["text"]).encode(), PLACE)).hex() == vector["sealed"]


def test_the_token_of_a_value_is_frozen_and_depends_on_index_and_normaliser() -> None:
    """Known answer of the blind index."""
    token = IndexKey(7, 1, KEY).token("+8613812345678", normaliser=1)
    assert token.hex() == VECTORS["token"]
    assert token != IndexKey(7, 2, KEY).token("+8613812345678", normaliser=1)
    assert token != IndexKey(7, 1, KEY).token("+8613812345678", normaliser=2)
    assert token != IndexKey(7, 1, OTHER_KEY).token("+8613812345678", normaliser=1)


def _vector_file(*parts: str) -> list[str]:
    return Path(cryptography_vectors.__file__).parent.joinpath(*parts).read_text().splitlines()


def test_the_nist_vectors_of_aes_256_gcm_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """NIST CAVP GCM, 256-bit keys, 96-bit nonces, 128-bit tags."""
    passed = 0
    current: dict[str, str] = {}
    for line in _vector_file("ciphers", "AES", "GCM", "gcmEncryptExtIV256.rsp"):
        name, _, value = line.partition(" = ")
        current[name] = value
        if name == "Tag" and len(current["IV"]) == 24 and len(value) == 32:
            key, nonce, text, aad = (bytes.fromhex(current[part]) for part in ("Key", "IV", "PT", "AAD"))
            assert AESGCM(key).encrypt(nonce, text, aad).hex() == current["CT"] + value
            passed += 1
    assert passed > 300
    with capsys.disabled():
        print(f"\nNIST AES-256-GCM vectors passed: {passed}")  # noqa: T201 (the count is asked for)


def test_the_vectors_of_aes_256_gcm_siv_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """RFC 8452, as OpenSSL states them."""
    passed = 0
    current: dict[str, str] = {}
    for line in [*_vector_file("ciphers", "AES", "GCM-SIV", "openssl.txt"), ""]:
        name, _, value = line.partition(" = ")
        if line.strip():
            current[name.strip()] = value.strip()
        elif "Key" in current and "IV" in current:
            key, nonce, aad = (bytes.fromhex(current.get(part, "")) for part in ("Key", "IV", "AAD"))
            text = bytes.fromhex(current.get("Plaintext", ""))
            wanted = current.get("Ciphertext", "") + current["Tag"]
            if len(key) == 32 and text:
                assert AESGCMSIV(key).encrypt(nonce, text, aad).hex() == wanted
                passed += 1
            current = {}
    assert passed > 20
    with capsys.disabled():
        print(f"\nAES-256-GCM-SIV vectors passed: {passed}")  # noqa: T201 (the count is asked for)


def test_what_is_confidential_has_no_voice() -> None:
    """repr, str, format, JSON and pickle show nothing; `reveal` is the one way out."""
    canary = "13812345678"
    secret = Confidential(canary)
    cipher = SubjectCipher(KEY, CUSTOMER, 1)
    sealed = cipher.seal(canary.encode(), PLACE)
    shown = [repr(secret), str(secret), f"{secret:>30}", repr([secret]), repr(cipher), repr(sealed)]
    shown += [repr(IndexKey(1, 1, KEY)), repr(SealBroken(PLACE))]
    for text in shown:
        assert "13812" not in text
        assert KEY.hex()[:10] not in text
        assert base64.b64encode(KEY).decode()[:10] not in text
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert secret.reveal() == canary
    assert secret == Confidential(canary)
    assert secret != Confidential("13812345679")
