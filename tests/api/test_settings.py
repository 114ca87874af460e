"""What the operator sets, and what is said of a value that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import DEFAULT_HOME, BadSetting, Settings


def test_nothing_set_is_a_server_for_this_machine_alone() -> None:
    """wire.md: an exact list of origins, empty by default; nothing calls out."""
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert (settings.home, settings.rulebook, settings.host, settings.port) == (
        DEFAULT_HOME,
        "onsite",
        "127.0.0.1",
        8000,
    )
    assert (settings.database_url, settings.demo) == (None, False)
    assert not settings.allowed_origins
    assert not settings.trusted_proxies
    assert Path(__file__).parents[2] / ".baobei" == DEFAULT_HOME


def test_what_is_set_is_read() -> None:
    """Spaces around values and empty items of lists mean nothing."""
    settings = Settings.from_environment(
        {
            "BAOBEI_HOME": "/srv/报备 home",
            "BAOBEI_DATABASE_URL": "postgresql://app:s3cret@db.internal:5433/baobei?sslmode=require",
            "BAOBEI_ALLOWED_ORIGINS": " https://crm.example.com, http://localhost:3000 ,,https://xn--fiq228c.example",
            "BAOBEI_RULEBOOK": "store",
            "BAOBEI_DEMO": "On",
            "BAOBEI_HOST": "::1",
            "BAOBEI_PORT": "0",
            "BAOBEI_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "PATH": "/usr/bin",
        }
    )
    assert settings.home == Path("/srv/报备 home")
    assert settings.allowed_origins == {
        "https://crm.example.com",
        "http://localhost:3000",
        "https://xn--fiq228c.example",
    }
    assert (settings.rulebook, settings.demo, settings.host, settings.port) == ("store", True, "::1", 0)
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")


def test_an_empty_value_counts_as_absent() -> None:
    """So does a compose file's `BAOBEI_PORT=`."""
    names = ("HOME", "DATABASE_URL", "ALLOWED_ORIGINS", "RULEBOOK", "DEMO", "HOST", "PORT", "TRUSTED_PROXIES")
    assert Settings.from_environment({f"BAOBEI_{name}": " " for name in names}) == Settings()


def test_a_rulebook_may_be_a_file_of_ones_own(tmp_path: Path) -> None:
    """A company that runs by other regulations names the TOML file of its rulebook."""
    own = tmp_path / "我们的.toml"
    own.write_text('extends = "onsite"\n', encoding="utf-8")
    assert Settings.from_environment({"BAOBEI_RULEBOOK": str(own)}).rulebook == str(own)
    own.unlink()
    with pytest.raises(BadSetting, match="BAOBEI_RULEBOOK"):
        Settings.from_environment({"BAOBEI_RULEBOOK": str(own)})


def test_a_home_is_absolute_from_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The server may change its folder later; its home stays."""
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({"BAOBEI_HOME": "here"}).home == tmp_path / "here"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BAOBEI_PORT", "65536"),
        ("BAOBEI_PORT", "-1"),
        ("BAOBEI_PORT", "http"),
        ("BAOBEI_PORT", "８０００"),
        ("BAOBEI_PORT", "9" * 5000),
        ("BAOBEI_HOST", "a host"),
        ("BAOBEI_HOST", "http://localhost"),
        ("BAOBEI_DEMO", "maybe"),
        ("BAOBEI_RULEBOOK", "../../etc/passwd"),
        ("BAOBEI_RULEBOOK", "Onsite"),
        ("BAOBEI_DATABASE_URL", "mysql://app:s3cret@db/baobei"),
        ("BAOBEI_DATABASE_URL", "postgresql://app:s3cret@db:port/baobei"),
        ("BAOBEI_DATABASE_URL", "postgresql://app:s3cret@[db/baobei"),
        ("BAOBEI_DATABASE_URL", "host=db password=s3cret"),
        ("BAOBEI_HOME", "/dev/null"),
        ("BAOBEI_HOME", "/dev/null/below"),
        ("BAOBEI_HOME", "~nobody-of-this-name/x"),
        ("BAOBEI_HOME", "/" + "x" * 300),
        ("BAOBEI_TRUSTED_PROXIES", "proxy.internal"),
        ("BAOBEI_TRUSTED_PROXIES", "*"),
        *(
            ("BAOBEI_ALLOWED_ORIGINS", origin)
            for origin in (
                "*",
                "null",
                "crm.example.com",
                "https://crm.example.com/",
                "https://crm.example.com:443",
                "http://crm.example.com:80",
                "https://crm.example.com:",
                "https://*.example.com",
                "https://CRM.example.com",
                "https://报备.example",
                "https://user@crm.example.com",
                "https://crm.example.com?x",
                "https://crm.example.com#x",
                "https://",
                "https://[::1",
                "ftp://crm.example.com",
                "https://ok.example, https://bad.example/path",
            )
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name_and_in_two_languages(name: str, value: str) -> None:
    """The value itself may be a password, and is not said."""
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment({name: value})
    assert refused.value.name == name
    assert str(refused.value) == f"{name}: 应为{refused.value.expected_zh} / expected {refused.value.expected_en}"
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_settings_do_not_show_the_databases_password() -> None:
    """house.md, rule 9."""
    settings = Settings.from_environment({"BAOBEI_DATABASE_URL": "postgresql://app:s3cret@db/baobei"})
    assert "s3cret" not in f"{settings} {settings!r}"
    assert settings.database_url is not None


def test_who_holds_the_keys_is_named_in_order() -> None:
    """The one that wraps first; one of each; no word is repeated that cannot be meant."""
    vault = "vault:https://bao.example:8200/transit/baobei?token=/etc/baobei/token"
    for written, places in {
        "": ("file",),
        "file": ("file",),
        f" {vault} , file": (vault, "file"),
        vault: (vault,),
    }.items():
        assert Settings.from_environment({"BAOBEI_KEYS": written}).key_places == places
    for written in (
        "files",
        "file,file",
        f"{vault},{vault}",
        "vault:",
        "vault:http://bao.example/transit/baobei?token=/t",
    ):
        with pytest.raises(BadSetting, match="BAOBEI_KEYS") as refused:
            Settings.from_environment({"BAOBEI_KEYS": written})
        assert "bao.example" not in str(refused.value)
