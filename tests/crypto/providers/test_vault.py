"""A transit engine's place is read strictly; what stands there instead of one is unavailable, in words of ours."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from crypto.providers import ProviderUnavailable, WrongKey
from crypto.providers.opening import is_place, open_providers
from crypto.providers.vault import VaultProvider, read_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "s.verysecret"
MATERIAL = bytes(range(32))
KEY = {"data": {"keys": {"1": 1}, "min_decryption_version": 1, "latest_version": 1}}


@pytest.fixture
def token(tmp_path: Path) -> Path:
    """A token's file."""
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text(f"{TOKEN}\n", encoding="ascii")
    return path


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """A server that gives everybody one answer; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 (the library's names)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def provider_at(address: str, token: Path) -> VaultProvider:
    """Who wraps there."""
    return VaultProvider(read_place(f"{address}/transit/baobei?token={token}"))


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"", "cannot answer"),
        (200, b"no json", "cannot answer"),
        (200, b"[]", "cannot answer"),
        (200, b'{"data": null}', "cannot answer"),
        (200, b'{"data": {}}', "another answer than a transit engine's"),
        (200, b'{"data": {"keys": {"x": 1}, "min_decryption_version": 1}}', "another answer"),
        (200, b'{"data": {"keys": {"1": 1}, "min_decryption_version": 2}}', "no version of the data key"),
        (200, b'{"data": {"keys": {"70000": 1}, "min_decryption_version": 1}}', "no version of the data key"),
        (200, json.dumps(KEY).encode(), "another answer than a transit engine's"),
        (307, b"", "cannot answer"),
        (400, b'{"errors": ["s.verysecret"]}', "cannot answer"),
        (403, b'{"errors": ["permission denied"]}', "refuses the token"),
        (404, b'{"errors": []}', "has no key transit/baobei-data"),
        (500, b"<html>", "cannot answer"),
        (503, b'{"errors": ["Vault is sealed"]}', "is sealed"),
    ],
)
def test_any_other_answer_is_told_in_words_of_ours(status: int, body: bytes, words: str, token: Path) -> None:
    """Nothing that was sent or answered is repeated; a redirect is not followed."""
    with answering(status, body, location="http://127.0.0.1:1/elsewhere") as (address, asked):
        with pytest.raises(ProviderUnavailable, match=words) as refused:
            provider_at(address, token).wrap("data", MATERIAL, context=b"")
        assert TOKEN not in str(refused.value)
        assert {one.split()[1].split("/")[1] for one in asked} == {"v1"}


def test_a_wrong_plaintext_is_the_wrong_key(token: Path) -> None:
    """An engine that gives back another key is found out."""
    from crypto.providers import head  # noqa: PLC0415 (beside its one use)

    wrapped = head(3, 1, "data", MATERIAL, context=b"key 1") + bytes(60)
    for plaintext in ("", "AAAA", "%%", 7, None):
        with answering(200, json.dumps({"data": {"plaintext": plaintext}}).encode()) as (address, _):
            with pytest.raises(WrongKey) as refused:
                provider_at(address, token).unwrap("data", wrapped, context=b"key 1")
            assert "AAAA" not in str(refused.value)


def test_nobody_there_is_told_at_once(token: Path) -> None:
    """A closed port."""
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        provider_at("http://127.0.0.1:1", token).versions("data")


def test_an_environment_is_not_read(token: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy nor the client library's own variables send a token elsewhere."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "VAULT_ADDR", "VAULT_TOKEN"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with answering(200, json.dumps(KEY).encode()) as (address, asked):
        assert provider_at(address, token).versions("data") == [1]
    assert asked == ["GET /v1/transit/keys/baobei-data"]


def test_the_token_is_read_each_time_and_only_where_its_owner_alone_may_read_it(token: Path) -> None:
    """Who renews it writes it there; too open, empty, two lines, a link, gone: refused before anybody is asked."""
    with answering(200, json.dumps(KEY).encode()) as (address, asked):
        provider = provider_at(address, token)
        assert provider.versions("data") == [1]
        token.chmod(0o640)
        with pytest.raises(ProviderUnavailable, match="chmod 600"):
            provider.versions("data")
        token.chmod(0o600)
        for content in (b"", b"\n", b"one\ntwo\n", b"\xff", b"x" * 5_000):
            token.write_bytes(content)
            with pytest.raises(ProviderUnavailable, match="token"):
                provider.versions("data")
        token.rename(token.with_name("elsewhere"))
        with pytest.raises(ProviderUnavailable, match="the token file is missing"):
            provider.versions("data")
        token.symlink_to(token.with_name("elsewhere"))
        with pytest.raises(ProviderUnavailable, match="a link is refused"):
            provider.versions("data")
        assert len(asked) == 1


@pytest.mark.parametrize(
    "written",
    [
        "https://bao.example:8200/transit/baobei?token=/etc/baobei/token",
        "https://bao.example/a/deep/mount/baobei?token=/t&ca=/etc/ca.pem",
        "http://127.0.0.1:8200/transit/baobei?token=/t",
        "http://[::1]:8200/transit/baobei?token=/t",
        "http://localhost:8200/transit/baobei?token=~/token",
    ],
)
def test_a_place_is_read(written: str) -> None:
    """With TLS anywhere, without it on this machine."""
    place = read_place(written)
    assert place.prefix == "baobei"
    assert is_place(f"vault:{written}")


@pytest.mark.parametrize(
    "written",
    [
        "", "https://", "https://bao.example", "bao.example/transit/baobei?token=/t",
        "http://bao.example/transit/baobei?token=/t", "http://127.0.0.1.evil.example/transit/baobei?token=/t",
        "ftp://bao.example/transit/baobei?token=/t", "https://root:pw@bao.example/transit/baobei?token=/t",
        "https://bao.example/baobei?token=/t", "https://bao.example/transit/baobei", "https://bao.example/transit/?token=/t",
        "https://bao.example/transit/baobei?token=t", "https://bao.example/transit/baobei?token=/t&token=/u",
        "https://bao.example/transit/baobei?token=/t&other=/u", "https://bao.example/transit/baobei?ca=/t",
        "https://bao.example/transit/baobei?token=/t#x", "https://bao.example:0/transit/baobei?token=/t",
        "https://bao.example:99999/transit/baobei?token=/t", "https://bao.example/../sys/baobei?token=/t",
        "https://bao.example/transit/baobei%2Fx?token=/t", "https://[/transit/baobei?token=/t",
        "https://bao.example/transit/baobei?token=~nobody9/t",
    ],
)  # fmt: skip
def test_anything_else_is_no_place(written: str) -> None:
    """Never a reason to send a token somewhere."""
    assert not is_place(f"vault:{written}")


def test_a_word_that_names_no_provider_is_none(tmp_path: Path) -> None:
    """What there is: the file, and a transit engine."""
    assert is_place("file")
    for word in ("", "File", "file:", "files", "pkcs11:x", "vault", ":"):
        assert not is_place(word), word
    opened = open_providers(["file"], tmp_path / "keys.jsonl", in_use=set())
    assert repr(opened) == "<key file>"
    with pytest.raises(ProviderUnavailable, match="missing"):
        open_providers(["file"], tmp_path / "lost.jsonl", in_use={1})
    told = open_providers(["file"], tmp_path / "keys.jsonl", in_use={3})
    with pytest.raises(ProviderUnavailable, match=r"number 3\) that is not set up here"):
        told.unwrap("data", b"\xc3\x03\x00\x01" + bytes(60), context=b"")
