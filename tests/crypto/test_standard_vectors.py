"""The primitives that the formats stand on give the answers that their standards print."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str, int], None]:
    """Show how many vectors a test compared: a test that read none has proved nothing."""

    def show(standard: str, count: int) -> None:
        with capsys.disabled():
            print(f"\n{standard}: {count} vectors")  # noqa: T201 (the count is the proof)

    return show


def _vectors(*parts: str) -> Iterator[dict[str, str]]:
    """Read lines of `name = value`; `FAIL` alone is a name, and a name that comes again begins the next vector."""
    vector: dict[str, str] = {}
    for line in Path(cryptography_vectors.__file__).parent.joinpath(*parts).read_text().splitlines():
        name, _, value = (part.strip() for part in line.partition("="))
        if name == "" or name[0] in "#[":
            continue
        if name in vector:
            yield vector
            vector = {}
        vector[name] = value
    yield vector


def _bytes(vector: dict[str, str], *names: str) -> list[bytes]:
    return [bytes.fromhex(vector.get(name, "")) for name in names]


def test_aes_256_gcm_seals_as_nist_says(report: Callable[[str, int], None]) -> None:
    """NIST CAVP, 256-bit keys; those with the nonces (96 bits) and tags (128 bits) that we use."""
    compared = 0
    for vector in _vectors("ciphers", "AES", "GCM", "gcmEncryptExtIV256.rsp"):
        key, nonce, text, aad, body, tag = _bytes(vector, "Key", "IV", "PT", "AAD", "CT", "Tag")
        if (len(nonce), len(tag)) == (12, 16):
            assert AESGCM(key).encrypt(nonce, text, aad) == body + tag
            compared += 1
    assert compared == 375
    report("NIST AES-256-GCM, encryption", compared)


def test_aes_256_gcm_opens_and_refuses_as_nist_says(report: Callable[[str, int], None]) -> None:
    """NIST CAVP, with the vectors whose tag is wrong."""
    opened = refused = 0
    for vector in _vectors("ciphers", "AES", "GCM", "gcmDecrypt256.rsp"):
        key, nonce, text, aad, body, tag = _bytes(vector, "Key", "IV", "PT", "AAD", "CT", "Tag")
        if (len(nonce), len(tag)) != (12, 16):
            continue
        if "FAIL" in vector:
            with pytest.raises(InvalidTag):
                AESGCM(key).decrypt(nonce, body + tag, aad)
            refused += 1
        else:
            assert AESGCM(key).decrypt(nonce, body + tag, aad) == text
            opened += 1
    assert opened + refused == 375
    assert min(opened, refused) > 100
    report(f"NIST AES-256-GCM, decryption ({refused} to refuse)", opened + refused)


def test_aes_256_gcm_siv_seals_and_opens_as_rfc_8452_says(report: Callable[[str, int], None]) -> None:
    """RFC 8452, appendix C.2; an empty text is never sealed, for it is padded first."""
    compared = 0
    for vector in _vectors("ciphers", "AES", "GCM-SIV", "openssl.txt"):
        key, nonce, text, aad, body, tag = _bytes(vector, "Key", "IV", "Plaintext", "AAD", "Ciphertext", "Tag")
        if len(key) == 32 and text:
            assert AESGCMSIV(key).encrypt(nonce, text, aad) == body + tag
            assert AESGCMSIV(key).decrypt(nonce, body + tag, aad) == text
            compared += 1
    assert compared == 24
    report("RFC 8452 AES-256-GCM-SIV", compared)


def test_hkdf_expands_as_rfc_5869_says(report: Callable[[str, int], None]) -> None:
    """RFC 5869, appendix A, by the step that we use (Expand) and by both; and an output of 1,200 bytes."""
    compared = 0
    for name in ("rfc-5869-HKDF-SHA256.txt", "hkdf-generated.txt"):
        for vector in _vectors("KDF", name):
            key, salt, info, prk, okm = _bytes(vector, "IKM", "salt", "info", "PRK", "OKM")
            assert HKDF(SHA256(), int(vector["L"]), salt, info).derive(key) == okm
            if prk:
                assert HKDFExpand(SHA256(), int(vector["L"]), info).derive(prk) == okm
            compared += 1
    assert compared == 4
    report("RFC 5869 HKDF-SHA-256", compared)


def test_hmac_sha_256_gives_what_rfc_4231_says(report: Callable[[str, int], None]) -> None:
    """RFC 4231, without its truncated case."""
    compared = 0
    for vector in _vectors("HMAC", "rfc-4231-sha256.txt"):
        key, message, digest = _bytes(vector, "Key", "Msg", "MD")
        mac = HMAC(key, SHA256())
        mac.update(message)
        assert mac.finalize() == digest
        compared += 1
    assert compared == 6
    report("RFC 4231 HMAC-SHA-256", compared)
