"""A real OpenBao to wrap keys with: started, unsealed, sealed, killed, started again, with tokens that may little."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import hvac
import requests
from hvac.exceptions import VaultError

from crypto.providers import PURPOSES
from crypto.providers.vault import VaultProvider, read_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BINARY = os.environ.get("BAOBEI_TEST_OPENBAO", "")
"""The server's program; without one, what needs it is left out (scripts/test-providers gives it)."""
PATIENCE = 60.0
POLICY = """
path "transit/keys/{prefix}-*" {{ capabilities = ["read", "update"] }}
path "transit/encrypt/{prefix}-*" {{ capabilities = ["update"] }}
path "transit/decrypt/{prefix}-*" {{ capabilities = ["update"] }}
"""
"""What docs/operations.md gives the token of the application."""
CONFIGURATION = """
storage "raft" {{
  path    = "{folder}/data"
  node_id = "one"
}}
listener "tcp" {{
  address     = "127.0.0.1:{port}"
  tls_disable = true
}}
api_addr     = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{cluster}"
"""


class OpenBao:
    """A server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, cluster = _free_ports()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        (folder / "server.hcl").write_text(
            CONFIGURATION.format(folder=folder, port=self.port, cluster=cluster), encoding="utf-8"
        )
        self._unsealing = ""
        self._root = ""

    def start(self) -> None:
        """Start it, and unseal it if it was made ready before."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [BINARY, "server", f"-config={self.folder / 'server.hcl'}"], stdout=log, stderr=log
            )
        self._until(lambda: self.client.sys.read_health_status(method="GET") is not None)
        if self._unsealing:
            self.unseal()

    def make_ready(self) -> None:
        """Begin its book, and mount the engine."""
        begun = self.client.sys.initialize(1, 1)
        self._unsealing, self._root = begun["keys"][0], begun["root_token"]
        self.unseal()
        # A node that has just become the active one may not know it yet.
        self._until(lambda: self.client.sys.enable_secrets_engine("transit").ok)

    @property
    def client(self) -> hvac.Client:
        """Ask it with every right."""
        return hvac.Client(url=self.address, token=self._root, timeout=60)

    def seal(self) -> None:
        """Seal it, as its keeper does in an emergency."""
        self.client.sys.seal()

    def unseal(self) -> None:
        """Unseal it, and wait until it serves."""
        self.client.sys.submit_unseal_key(self._unsealing)
        self._until(lambda: isinstance(self.client.sys.read_health_status(method="GET"), dict))

    def stop(self) -> None:
        """Kill it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def pause(self) -> None:
        """Have it answer nobody, and keep everybody's connection."""
        assert self._process is not None
        self._process.send_signal(19)

    def go_on(self) -> None:
        """Have it answer again."""
        assert self._process is not None
        self._process.send_signal(18)

    def make_keys(self, prefix: str) -> None:
        """Make one key a purpose."""
        for purpose in PURPOSES:
            self.client.write_data(f"transit/keys/{prefix}-{purpose}", data={"type": "aes256-gcm96"})

    def word(self, prefix: str, token: Path) -> str:
        """Make a token that may use the keys of a prefix alone, and give the word of `BAOBEI_KEYS`."""
        self.client.sys.create_or_update_policy(prefix, POLICY.format(prefix=prefix))
        made = self.client.auth.token.create(policies=[prefix], no_default_policy=True)
        token.touch(mode=0o600)
        token.write_text(f"{made['auth']['client_token']}\n", encoding="ascii")
        return f"vault:{self.address}/transit/{prefix}?token={token}"

    def provider(self, prefix: str, token: Path) -> VaultProvider:
        """Make keys and a token for them, and give who wraps with them."""
        self.make_keys(prefix)
        return VaultProvider(read_place(self.word(prefix, token).removeprefix("vault:")))

    def _until(self, is_so) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            try:
                if is_so():
                    return
            except (requests.RequestException, VaultError):
                pass
            time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text(encoding="utf-8")[-2000:])


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


@contextmanager
def running(folder: Path) -> Iterator[OpenBao]:
    """Start a server that is ready; it is killed at the end."""
    bao = OpenBao(folder)
    bao.start()
    try:
        bao.make_ready()
        yield bao
    finally:
        bao.stop()
