"""What the operator sets: read from the environment once, at the door, and held to its meaning.

- A value that cannot be meant is refused with the variable's name and what was expected, never with the value.
- Nothing that is set calls out, and nothing is open that was not named: no origin, no proxy, no demo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from authz.policy import TwoPeople
from claims.rulebook import PRESETS
from crypto.providers.opening import FILE, FORMS, is_place

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_HOME = Path(__file__).resolve().parent.parent / ".baobei"
HIGHEST_PORT = 65_535
_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,255}")


class CannotRun(Exception):  # noqa: N818 (the machine's state; no programming error)
    """What was asked for cannot run here; says why in one line of Chinese and English."""


class BadSetting(Exception):  # noqa: N818 (the operator's mistake; no programming error)
    """A variable that cannot be used; says its name and what was expected, and keeps the value to itself."""

    def __init__(self, name: str, expected_zh: str, expected_en: str) -> None:
        super().__init__(f"{name}: 应为{expected_zh} / expected {expected_en}")
        self.name = name
        self.expected_zh = expected_zh
        self.expected_en = expected_en


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server is told by its operator.

    `BAOBEI_HOME` server, keys and files (default `.baobei/` in the project) · `BAOBEI_DATABASE_URL` a PostgreSQL of
    one's own instead of the embedded one · `BAOBEI_ALLOWED_ORIGINS` exact origins, by comma · `BAOBEI_RULEBOOK` a
    preset, or the TOML file of a rulebook · `BAOBEI_DEMO` opens introspection, and any port of this machine as an
    origin · `BAOBEI_HOST` · `BAOBEI_PORT` (0 takes a free one) · `BAOBEI_TRUSTED_PROXIES` addresses or networks whose
    `X-Forwarded-For` is believed, by comma · `BAOBEI_TWO_PEOPLE` whether one person doing what two should is refused
    (`required`) or `recorded` · `BAOBEI_ERASURE_LEDGER` the file that says who was erased (default in the home)
    · `BAOBEI_KEYS` who holds the key-encryption keys, the one that wraps first, by comma (default: the key file).
    """

    home: Path = DEFAULT_HOME
    database_url: str | None = field(default=None, repr=False)  # holds a password
    allowed_origins: frozenset[str] = frozenset()
    rulebook: str = "onsite"
    demo: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: tuple[str, ...] = ()
    two_people: TwoPeople = TwoPeople.REQUIRED
    ledger: Path | None = None
    key_places: tuple[str, ...] = (FILE,)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the `BAOBEI_` variables; an empty one counts as absent. Raises `BadSetting`."""
        given = {name: value.strip() for name, value in environment.items() if value.strip()}
        return cls(
            home=_home(given),
            database_url=_database_url(given),
            allowed_origins=frozenset(map(_origin, _listed(given, "BAOBEI_ALLOWED_ORIGINS"))),
            rulebook=_rulebook(given),
            demo=_switch(given, "BAOBEI_DEMO"),
            host=_host(given),
            port=_port(given),
            trusted_proxies=tuple(map(_proxy, _listed(given, "BAOBEI_TRUSTED_PROXIES"))),
            two_people=_two_people(given),
            ledger=_ledger(given),
            key_places=_key_places(given),
        )


def _listed(given: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in given.get(name, "").split(",") if part.strip()]


def _home(given: Mapping[str, str]) -> Path:
    if "BAOBEI_HOME" not in given:
        return DEFAULT_HOME
    refusal = BadSetting("BAOBEI_HOME", "一个目录的路径", "the path of a folder")
    try:
        home = Path(given["BAOBEI_HOME"]).expanduser().absolute()
        taken = not next(folder for folder in (home, *home.parents) if folder.exists()).is_dir()
    except (OSError, RuntimeError, ValueError):
        raise refusal from None  # no such user's home, a name too long, a null byte
    if taken:
        raise refusal
    return home


def _database_url(given: Mapping[str, str]) -> str | None:
    url = given.get("BAOBEI_DATABASE_URL")
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"postgresql", "postgres"} and parts.port != 0
    except ValueError:
        usable = False  # a port that is none, a bracket left open
    if not usable:
        raise BadSetting(
            "BAOBEI_DATABASE_URL",
            "形如 postgresql://用户:密码@主机:端口/库名 的地址",
            "an address like postgresql://user:password@host:port/database",
        )
    return url


def _origin(origin: str) -> str:
    """Hold an origin to RFC 6454, section 6.2, as browsers send it: scheme, host, port, and nothing after."""
    try:
        parts = urlsplit(origin)
        exact = parts.scheme in {"http", "https"} and parts.hostname is not None
        exact = exact and origin == f"{parts.scheme}://{parts.netloc}" and "@" not in parts.netloc
        exact = exact and origin == origin.lower() and origin.isascii() and "*" not in origin and parts.port != 0
        default_port = {"http": ":80", "https": ":443"}[parts.scheme] if exact else ""
    except ValueError:
        exact, default_port = False, ""
    if not exact or origin.endswith((default_port, ":")):
        raise BadSetting(
            "BAOBEI_ALLOWED_ORIGINS",
            "逗号分隔的来源,如 https://crm.example.com(小写,无路径、无通配符、无默认端口)",
            "origins with commas between them, like https://crm.example.com (lower case, no path, no wildcard, "
            "no default port)",
        )
    return origin


def _rulebook(given: Mapping[str, str]) -> str:
    name = given.get("BAOBEI_RULEBOOK", "onsite")
    if name in PRESETS:
        return name
    try:
        path = Path(name).expanduser().absolute()
        if path.suffix == ".toml" and path.is_file():
            return str(path)
    except (OSError, RuntimeError, ValueError):
        pass  # no such user's home, a name too long, a null byte
    names = ", ".join(sorted(PRESETS))
    raise BadSetting(
        "BAOBEI_RULEBOOK",
        f"规则手册({names})或其 TOML 文件的路径",
        f"a rulebook ({names}) or the path of its TOML file",
    )


def _switch(given: Mapping[str, str], name: str) -> bool:
    word = given.get(name, "off").lower()
    if word not in _WORDS:
        raise BadSetting(name, " on 或 off", "on or off")
    return _WORDS[word]


def _two_people(given: Mapping[str, str]) -> TwoPeople:
    word = given.get("BAOBEI_TWO_PEOPLE", TwoPeople.REQUIRED).lower()
    if word not in set(TwoPeople):
        raise BadSetting("BAOBEI_TWO_PEOPLE", " required 或 recorded", "required or recorded")
    return TwoPeople(word)


def _ledger(given: Mapping[str, str]) -> Path | None:
    if "BAOBEI_ERASURE_LEDGER" not in given:
        return None
    refusal = BadSetting(
        "BAOBEI_ERASURE_LEDGER", "一个已有目录中的文件路径", "the path of a file in a folder that is there"
    )
    try:
        ledger = Path(given["BAOBEI_ERASURE_LEDGER"]).expanduser().absolute()
        usable = ledger.parent.is_dir() and not ledger.is_dir()
    except (OSError, RuntimeError, ValueError):
        raise refusal from None
    if not usable:
        raise refusal
    return ledger


def _key_places(given: Mapping[str, str]) -> tuple[str, ...]:
    places = tuple(_listed(given, "BAOBEI_KEYS")) or (FILE,)
    schemes = [place.partition(":")[0] for place in places]
    if len(set(schemes)) != len(schemes) or not all(map(is_place, places)):
        forms = ", ".join(FORMS)
        raise BadSetting("BAOBEI_KEYS", f"逗号分隔的密钥库,各不相同:{forms}", f"one of each, by comma: {forms}")
    return places


def _host(given: Mapping[str, str]) -> str:
    host = given.get("BAOBEI_HOST", "127.0.0.1")
    if not _HOST.fullmatch(host):
        raise BadSetting("BAOBEI_HOST", "要监听的地址或主机名", "the address or the name of a host to listen on")
    return host


def _port(given: Mapping[str, str]) -> int:
    text = given.get("BAOBEI_PORT", "8000")
    # Digits of other scripts are digits to int() as well.
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(HIGHEST_PORT)) and int(text) <= HIGHEST_PORT):
        raise BadSetting("BAOBEI_PORT", " 0 到 65535 的整数", "a whole number from 0 to 65535")
    return int(text)


def _proxy(address: str) -> str:
    try:
        ip_network(address)
    except ValueError:
        raise BadSetting(
            "BAOBEI_TRUSTED_PROXIES",
            "逗号分隔的 IP 地址或网段",
            "IP addresses or networks with commas between them",
        ) from None
    return address
