"""Key-encryption keys in the transit engine of a Vault or an OpenBao: they never leave it, and it is asked over HTTPS.

- One key a purpose, made there by whoever keeps it (`baobei-data`, `baobei-index` …), of a kind that binds associated
  data (`aes256-gcm96`); none is ever made from here, so that a lost one is noticed.
- Wrapped: every provider's head, then the ciphertext as the engine gives it, without its writing; head, purpose and
  context are its associated data. Wrapping anew is unwrap and wrap: the engine's own rewrapping drops that data.
- The token stands in a file that its owner alone may read, and is read each time, so that another may renew it there.
- An answer that does not come within `TIMEOUT` is none. Sealed, down, slow, forbidden, or without a key: unavailable,
  with words that say which; nothing that the server answers is repeated.
- It follows no redirect, uses no proxy, and reads no environment. Without TLS it speaks to this machine alone.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qs, urlsplit

import hvac
import requests
from hvac.exceptions import Forbidden, InvalidPath, InvalidRequest, Unauthorized, VaultDown, VaultError

from crypto.providers import HEAD_BYTES, MAX_VERSION, PURPOSES, ProviderUnavailable, WrongKey, head, wrapped_by
from crypto.providers.private import read_private

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBER: Final = 3
"""This provider's number in what it wraps; a number is never reused, and 2 is PKCS#11's."""
SCHEME: Final = "vault"
TIMEOUT: Final = 2.0
"""Seconds within which the server connects, and within which it goes on answering."""
LARGEST_TOKEN: Final = 4096
_WRITTEN: Final = re.compile(r"[a-z]+:v([0-9]{1,5}):([A-Za-z0-9+/=]+)")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,99}")
_TOKEN: Final = re.compile(rb"[!-~]{1,4096}")
_THIS_MACHINE: Final = {"localhost", "127.0.0.1", "::1"}
_PROBE: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class TransitPlace:
    """Where a transit engine is, what its keys' names begin with, and the files of the token and of the authority."""

    address: str
    mount: str
    prefix: str
    token_file: Path
    authority: Path | None = None


def read_place(written: str) -> TransitPlace:
    """Read `https://HOST:PORT/MOUNT/PREFIX?token=FILE[&ca=FILE]`; `ValueError` for anything else.

    HTTP without TLS is for a server on this machine alone.
    """
    parts = urlsplit(written)
    given = parse_qs(parts.query, strict_parsing=True, max_num_fields=2)
    mount, _, prefix = parts.path.strip("/").rpartition("/")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    if not is_safe or parts.hostname is None or parts.username is not None or parts.fragment or parts.port == 0:
        raise ValueError("address")
    if not (_NAME.fullmatch(mount) and _NAME.fullmatch(prefix)) or ".." in mount:
        raise ValueError("mount and prefix")
    try:
        files = {name: Path(values[0]).expanduser() for name, values in given.items() if len(values) == 1}
    except RuntimeError:
        raise ValueError("no such user's home") from None
    if not {"token"} <= set(files) <= {"token", "ca"} or not all(file.is_absolute() for file in files.values()):
        raise ValueError("files")
    return TransitPlace(f"{parts.scheme}://{parts.netloc}", mount, prefix, files["token"], files.get("ca"))


class VaultProvider:
    """Key-encryption keys in a transit engine."""

    number = NUMBER
    name = SCHEME
    answers_at_once = False

    def __init__(self, place: TransitPlace) -> None:
        self._place = place
        self._session = requests.Session()
        self._session.trust_env = False

    def __repr__(self) -> str:
        return "<transit engine>"

    def wrap(self, purpose: str, material: bytes, *, context: bytes) -> bytes:
        """Wrap key bytes under the newest key of the purpose."""
        version = self.versions(purpose)[-1]
        begun = head(NUMBER, version, purpose, material, context=context)
        given = {
            "plaintext": _coded(material),
            "associated_data": _coded(_bound(begun, purpose, context)),
            "key_version": version,
        }
        with self._words_for_failures(purpose):
            answer = self._ask("encrypt", purpose, given)
        written = _WRITTEN.fullmatch(_text(answer, "ciphertext"))
        if written is None or int(written[1]) != version:
            raise self._unavailable("答非所问", "gives another answer than a transit engine's")
        return begun + base64.b64decode(written[2])

    def unwrap(self, purpose: str, wrapped: bytes, *, context: bytes) -> bytes:
        """Open wrapped key bytes, or raise `WrongKey`."""
        version = self.version_of(wrapped)
        wrong = WrongKey(
            f"{self._place.address}: {purpose} 密钥的第 {version} 版打不开它 / "
            f"version {version} of the {purpose} key does not open this"
        )
        begun = wrapped[:HEAD_BYTES]
        given = {
            "ciphertext": f"vault:v{version}:{_coded(wrapped[HEAD_BYTES:])}",
            "associated_data": _coded(_bound(begun, purpose, context)),
        }
        try:
            with self._words_for_failures(purpose, but=InvalidRequest):
                answer = self._ask("decrypt", purpose, given)
        except InvalidRequest:
            # It says so of a key that it does not have as well.
            self.versions(purpose)
            raise wrong from None
        try:
            material = base64.b64decode(_text(answer, "plaintext"), validate=True)
        except binascii.Error:
            raise wrong from None
        # An engine that binds nothing, or gives back another key, is found out.
        if not material or not hmac.compare_digest(begun, head(NUMBER, version, purpose, material, context=context)):
            raise wrong
        return material

    def version_of(self, wrapped: bytes) -> int:
        """Read the version out of wrapped bytes; another provider's are `WrongKey`."""
        found = wrapped_by(wrapped)
        if found is None or found[0] != NUMBER:
            raise WrongKey(
                f"{self._place.address}: 不是它封装的,或已截断 / these bytes were not wrapped by it, or are truncated"
            )
        return found[1]

    def probe(self) -> None:
        """Wrap and unwrap something with every key."""
        for purpose in PURPOSES:
            self.unwrap(purpose, self.wrap(purpose, _PROBE, context=b"probe"), context=b"probe")

    def versions(self, purpose: str) -> list[int]:
        """List the versions of a purpose's key that still open, the newest last."""
        found = self._described(purpose)
        try:
            lowest = int(cast("int", found["min_decryption_version"]))
            versions = sorted(int(version) for version in cast("Mapping[str, object]", found["keys"]))
        except (KeyError, TypeError, ValueError):
            raise self._unavailable("答非所问", "gives another answer than a transit engine's") from None
        opening = [version for version in versions if version >= lowest]
        if not opening or opening[-1] > MAX_VERSION:
            raise self._unavailable(
                f"{purpose} 密钥没有可用的版本", f"has no version of the {purpose} key that can be used"
            )
        return opening

    def rotate(self, purpose: str) -> int:
        """Have the next version of a purpose's key made."""
        if self.versions(purpose)[-1] == MAX_VERSION:
            raise self._unavailable(f"{purpose} 密钥的版本号已用完", f"has no version of the {purpose} key left")
        self._change(purpose, "rotate")
        return self.versions(purpose)[-1]

    def retire(self, purpose: str, before: int) -> None:
        """Have the versions before this one destroyed: refused to everybody first, then trimmed away."""
        versions = self.versions(purpose)
        first = min(before, versions[-1])
        if versions[0] >= first:
            return
        self._change(purpose, "config", min_decryption_version=first, min_encryption_version=first)
        self._change(purpose, "trim", min_available_version=first)

    def _described(self, purpose: str) -> Mapping[str, object]:
        with self._words_for_failures(purpose):
            found = self._client().read(self._path("keys", purpose))
            if found is None:
                raise InvalidPath
            return _data(found)

    def _ask(self, operation: str, purpose: str, given: Mapping[str, object]) -> Mapping[str, object]:
        return _data(self._client().write_data(self._path(operation, purpose), data=given))

    def _change(self, purpose: str, how: str, **given: object) -> None:
        with self._words_for_failures(purpose):
            self._client().write_data(f"{self._path('keys', purpose)}/{how}", data=given)

    def _path(self, operation: str, purpose: str) -> str:
        return f"{self._place.mount}/{operation}/{self._place.prefix}-{purpose}"

    def _client(self) -> hvac.Client:
        token = read_private(self._place.token_file, "令牌文件", "the token file", largest=LARGEST_TOKEN).strip()
        if not _TOKEN.fullmatch(token):
            raise ProviderUnavailable(f"{self._place.token_file}: 令牌文件里没有令牌 / the token file holds no token")
        return hvac.Client(
            url=self._place.address,
            token=token.decode(),
            verify=str(self._place.authority) if self._place.authority else True,
            timeout=TIMEOUT,
            allow_redirects=False,
            session=self._session,
        )

    def _words_for_failures(self, purpose: str, *, but: type[VaultError] | None = None) -> _Words:
        return _Words(self, purpose, but)

    def _unavailable(self, zh: str, en: str) -> ProviderUnavailable:
        return ProviderUnavailable(f"{self._place.address}: 密钥服务{zh} / the key service {en}")

    def told(self, error: BaseException, purpose: str) -> ProviderUnavailable:
        """Say why it is unavailable, in words of ours."""
        match error:
            case VaultDown():
                return self._unavailable("已封存", "is sealed")
            case Forbidden() | Unauthorized():
                return self._unavailable("不接受令牌,或令牌没有权限", "refuses the token, or what the token may do")
            case InvalidPath():
                key = f"{self._place.mount}/{self._place.prefix}-{purpose}"
                return self._unavailable(f"没有密钥 {key}", f"has no key {key}")
            case requests.Timeout():
                return self._unavailable("没有按时回答", "does not answer in time")
            case requests.RequestException():
                return self._unavailable("无法连接", "cannot be reached")
            case _:
                return self._unavailable("不能回答", "cannot answer")


class _Words:
    """Turns whatever the client library raises into words of ours, without what it was sent or answered."""

    __slots__ = ("_but", "_provider", "_purpose")

    def __init__(self, provider: VaultProvider, purpose: str, but: type[VaultError] | None) -> None:
        self._provider = provider
        self._purpose = purpose
        self._but = but

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None or (self._but is not None and isinstance(error, self._but)):
            return
        # An authority's file that is not there, a body that is no JSON: the library lets those errors through.
        if isinstance(error, (VaultError, requests.RequestException, OSError, ValueError, TypeError, AttributeError)):
            raise self._provider.told(error, self._purpose) from None


def _data(answer: object) -> Mapping[str, object]:
    """Take what an answer holds; one of another form is a `TypeError`."""
    data = cast("dict[str, object]", answer).get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict):
        raise TypeError("an answer of another form")
    return cast("dict[str, object]", data)


def _text(answer: Mapping[str, object], name: str) -> str:
    found = answer.get(name)
    return found if isinstance(found, str) else ""


def _coded(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _bound(begun: bytes, purpose: str, context: bytes) -> bytes:
    return begun + len(purpose).to_bytes(1) + purpose.encode() + context
