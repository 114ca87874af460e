"""The key file wraps for one purpose and context, and is refused unless it is its owner's alone."""

import json
import os
import resource
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from crypto.providers import HEAD_BYTES, PURPOSES, ProviderUnavailable, WrongKey, head, rewrap, wrapped_by
from crypto.providers.file import LARGEST, FileProvider

MATERIAL = bytes(range(32))
VECTORS = json.loads((Path(__file__).parents[1] / "vectors.json").read_text())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a key file may stand."""
    return tmp_path / "keys.jsonl"


@pytest.fixture
def provider(path: Path) -> FileProvider:
    """A key file, made."""
    return FileProvider.create(path)


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> FileProvider:
    """A key file for many examples."""
    return FileProvider.create(tmp_path_factory.mktemp("keys") / "keys.jsonl")


def _add(path: Path, purpose: str, version: int, key: bytes) -> None:
    with path.open("a") as file:
        file.write(json.dumps({"purpose": purpose, "version": version, "key": key.hex()}) + "\n")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=60), st.sampled_from(PURPOSES))
def test_what_is_wrapped_opens_again(lasting: FileProvider, material: bytes, context: bytes, purpose: str) -> None:
    """For any key, context and purpose; twice the same key gives other bytes."""
    wrapped = lasting.wrap(purpose, material, context=context)
    assert lasting.unwrap(purpose, wrapped, context=context) == material
    assert lasting.wrap(purpose, material, context=context) != wrapped
    assert material not in wrapped
    assert wrapped_by(wrapped) == (1, 1)


def test_another_purpose_context_or_file_is_the_wrong_key(provider: FileProvider, tmp_path: Path) -> None:
    """A key wrapped for data does not open as an index key, nor in another key's row."""
    wrapped = provider.wrap("data", MATERIAL, context=b"key 1")
    for purpose, context in (("index", b"key 1"), ("data", b"key 2"), ("data", b""), ("data", b"key 11")):
        with pytest.raises(WrongKey):
            provider.unwrap(purpose, wrapped, context=context)
    with pytest.raises(WrongKey):
        FileProvider.create(tmp_path / "other").unwrap("data", wrapped, context=b"key 1")


def test_every_altered_byte_is_the_wrong_key(provider: FileProvider) -> None:
    """Head, nonce, ciphertext and tag; cut short and made longer too."""
    wrapped = provider.wrap("data", MATERIAL, context=b"key 1")
    altered = [wrapped[:at] + bytes((wrapped[at] ^ 1,)) + wrapped[at + 1 :] for at in range(len(wrapped))]
    altered += [wrapped[:length] for length in range(len(wrapped))] + [wrapped + b"\x00"]
    for one in altered:
        with pytest.raises(WrongKey):
            provider.unwrap("data", one, context=b"key 1")


def test_the_formats_of_the_file_and_of_what_it_wraps_are_frozen(path: Path) -> None:
    """Known answers, both ways: `0xC3 | provider | version | commitment | nonce | ciphertext | tag`."""
    made = FileProvider.create(path, entropy=lambda n: bytes(range(n)))
    assert path.read_text().splitlines() == VECTORS["key_file"]
    assert made.wrap("data", MATERIAL, context=b"key 1").hex() == VECTORS["wrapped_key"]
    assert made.unwrap("data", bytes.fromhex(VECTORS["wrapped_key"]), context=b"key 1") == MATERIAL


def test_a_head_binds_provider_version_purpose_context_and_key() -> None:
    """A provider that binds nothing itself, or gives back another key, is found out by it."""
    begun = head(1, 1, "data", MATERIAL, context=b"key 1")
    others = [
        head(2, 1, "data", MATERIAL, context=b"key 1"),
        head(1, 2, "data", MATERIAL, context=b"key 1"),
        head(1, 1, "index", MATERIAL, context=b"key 1"),
        head(1, 1, "data", MATERIAL, context=b"key 2"),
        head(1, 1, "datak", MATERIAL, context=b"ey 1"),
        head(1, 1, "data", bytes(32), context=b"key 1"),
    ]
    assert len({one[4:] for one in (begun, *others)}) == len(others) + 1
    assert len(begun) == HEAD_BYTES
    assert wrapped_by(others[0]) == (2, 1)
    assert wrapped_by(begun[:-1]) is wrapped_by(b"") is wrapped_by(b"\xc2" + begun[1:]) is None


def test_a_ciphertext_that_holds_another_key_than_its_head_says_is_refused(path: Path) -> None:
    """As one made for two key-encryption keys would: authentic under each, and another key under the second."""
    provider = FileProvider.create(path, entropy=bytes)

    def wrapped(committed: bytes) -> bytes:
        begun = head(1, 1, "data", committed, context=b"key 1")
        return begun + bytes(12) + AESGCM(bytes(32)).encrypt(bytes(12), MATERIAL, begun + b"\x04datakey 1")

    assert provider.unwrap("data", wrapped(MATERIAL), context=b"key 1") == MATERIAL
    with pytest.raises(WrongKey):
        provider.unwrap("data", wrapped(bytes(32)), context=b"key 1")


def test_bytes_of_another_provider_are_told_apart(provider: FileProvider) -> None:
    """While keys move from one provider to another, each says whose it is."""
    wrapped = provider.wrap("data", MATERIAL, context=b"")
    with pytest.raises(WrongKey, match="not wrapped by a key file"):
        provider.unwrap("data", wrapped[:1] + b"\x02" + wrapped[2:], context=b"")


def test_the_newest_version_wraps_and_older_ones_still_open(provider: FileProvider, path: Path) -> None:
    """Rewrapping moves a key to the newest version, its purpose and context still bound."""
    old = provider.wrap("data", MATERIAL, context=b"key 1")
    before = path.read_text()
    _add(path, "data", 300, bytes(range(1, 33)))
    assert provider.unwrap("data", old, context=b"key 1") == MATERIAL
    moved = rewrap(provider, "data", old, context=b"key 1")
    assert (provider.version_of(old), provider.version_of(moved)) == (1, 300)
    assert FileProvider(path).unwrap("data", moved, context=b"key 1") == MATERIAL
    with pytest.raises(WrongKey):
        rewrap(provider, "data", old, context=b"key 2")
    path.write_text(before)
    with pytest.raises(WrongKey, match="no version 300 of the data key"):
        provider.unwrap("data", moved, context=b"key 1")


def test_a_new_purpose_is_a_line_and_an_unknown_one_is_unavailable(provider: FileProvider, path: Path) -> None:
    """Purposes are texts: a later one needs no change of the file's form."""
    with pytest.raises(ProviderUnavailable, match="no key for the purpose backup"):
        provider.wrap("backup", MATERIAL, context=b"")
    _add(path, "backup", 1, bytes(32))
    later = FileProvider(path)
    assert later.unwrap("backup", later.wrap("backup", MATERIAL, context=b""), context=b"") == MATERIAL


def test_opening_never_makes_a_file_and_making_never_replaces_one(path: Path) -> None:
    """A lost file is noticed; a second `create` leaves the first one's keys alone, and no trace."""
    with pytest.raises(ProviderUnavailable, match="missing"):
        FileProvider(path)
    assert not path.exists()
    FileProvider.create(path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError):
        FileProvider.create(path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_link_in_the_place_of_the_new_file_is_not_followed(path: Path) -> None:
    """Keys are not written to wherever somebody points."""
    elsewhere = path.with_name("elsewhere")
    path.symlink_to(elsewhere)
    with pytest.raises(FileExistsError):
        FileProvider.create(path)
    assert not elsewhere.exists()


def test_of_several_that_make_the_file_at_once_one_does(path: Path) -> None:
    """The others are told so, and whoever opens it then reads a whole file."""
    together = threading.Barrier(6)

    def make(target: Path) -> FileProvider | None:
        together.wait()
        try:
            return FileProvider.create(target)
        except FileExistsError:
            return None

    with ThreadPoolExecutor(6) as makers:
        for attempt in range(20):
            target = path.with_name(f"keys {attempt}")
            (made,) = [one for one in makers.map(make, [target] * 6) if one is not None]
            wrapped = made.wrap("data", MATERIAL, context=b"")
            assert FileProvider(target).unwrap("data", wrapped, context=b"") == MATERIAL
    assert len(list(path.parent.iterdir())) == 20


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 100 bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_cannot_be_made_leaves_nothing_and_says_so(full_disk: None, path: Path) -> None:
    """Nor half a file under the name, nor an unfinished one beside it."""
    with pytest.raises(ProviderUnavailable, match=f"{path}: .*/ the key file cannot be made"):
        FileProvider.create(path)
    with pytest.raises(ProviderUnavailable, match="cannot be made"):
        FileProvider.create(path.parent / "nowhere" / "keys")
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777])
def test_a_file_open_to_others_is_refused(provider: FileProvider, path: Path, mode: int) -> None:
    """Every wider mode, at the start and under a running provider; narrowed, it serves again."""
    path.chmod(mode)
    for read in (provider.probe, lambda: FileProvider(path)):
        with pytest.raises(ProviderUnavailable, match="chmod 600"):
            read()
    path.chmod(0o400)
    provider.probe()


def test_a_file_of_another_user_is_refused(provider: FileProvider, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever owns it may change it at any time."""
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(ProviderUnavailable, match="another user"):
        provider.probe()


def test_what_is_no_plain_file_is_refused_at_once(provider: FileProvider, path: Path, tmp_path: Path) -> None:
    """A link, a folder, a device and a pipe: nobody waits for a pipe's writer."""
    link, folder, pipe = tmp_path / "link", tmp_path / "folder", tmp_path / "pipe"
    link.symlink_to(path)
    folder.mkdir(mode=0o700)
    os.mkfifo(pipe, 0o600)
    with pytest.raises(ProviderUnavailable, match="a link is refused"):
        FileProvider(link)
    for other in (folder, pipe, Path("/dev/zero")):
        with pytest.raises(ProviderUnavailable, match="no plain file"):
            FileProvider(other)


def test_a_file_gone_or_changed_under_a_running_provider_is_noticed(provider: FileProvider, path: Path) -> None:
    """At the next use, and by readiness; put back, it serves again."""
    content = path.read_text()
    wrapped = provider.wrap("data", MATERIAL, context=b"")
    uses = (provider.probe, lambda: provider.unwrap("data", wrapped, context=b""), lambda: provider.rotate("data"))
    for changed, words in ((content.replace('"key": "', '"key": "00', 1), "damaged"), (None, "missing")):
        if changed is None:
            path.unlink()
        else:
            path.write_text(changed)
        for use in uses:
            with pytest.raises(ProviderUnavailable, match=words):
                use()
    other = FileProvider.create(path.with_name("other"))
    path.write_bytes(other.content())
    path.chmod(0o600)
    for use in uses:
        with pytest.raises(ProviderUnavailable, match="others than at the start"):
            use()
    path.write_text(content)
    provider.probe()
    assert provider.unwrap("data", wrapped, context=b"") == MATERIAL


def test_rotating_adds_a_version_that_wraps_and_retiring_takes_the_older_ones(
    provider: FileProvider, path: Path
) -> None:
    """What the old version wrapped opens until it is retired; the newest never goes; another process sees both."""
    other = FileProvider(path)
    old = provider.wrap("data", MATERIAL, context=b"")
    assert (provider.versions("data"), provider.rotate("data"), provider.versions("data")) == ([1], 2, [1, 2])
    assert wrapped_by(other.wrap("data", MATERIAL, context=b"")) == (1, 2)
    assert other.unwrap("data", old, context=b"") == MATERIAL
    provider.retire("data", 2)
    with pytest.raises(WrongKey, match="no version 1 of the data key"):
        other.unwrap("data", old, context=b"")
    provider.retire("data", 9)
    assert (other.versions("data"), other.versions("index")) == ([2], [1])
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_rotation_that_cannot_be_written_leaves_the_file_as_it_was(provider: FileProvider, path: Path) -> None:
    """As on a full disk: whole or not at all."""
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before), limits[1]))
    try:
        with pytest.raises(ProviderUnavailable, match="cannot be changed"):
            provider.rotate("data")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (path.read_bytes(), list(path.parent.iterdir())) == (before, [path])
    provider.probe()


def _damages(content: str) -> dict[str, bytes]:
    first, *others = content.splitlines(keepends=True)
    rest = "".join(others)
    entry = json.loads(first)

    def changed(**parts: object) -> bytes:
        return (json.dumps({**entry, **parts}) + "\n" + rest).encode()

    return {
        "empty": b"",
        "no object": b"[1]\n" + content.encode(),
        "no entry": b"{}\n" + content.encode(),
        "no JSON": content.encode() + b"key",
        "an empty line": content.encode() + b"\n",
        "cut short": content[:-20].encode(),
        "a purpose lacking": rest.encode(),
        "a key twice": (content + first).encode(),
        "two keys of one version": content.encode() + changed(key="00" * 32),
        "a short key": changed(key=entry["key"][2:]),
        "a long key": changed(key=entry["key"] + "00"),
        "a key that is no hex": changed(key="z" + entry["key"][1:]),
        "a key that is a number": changed(key=int(entry["key"], 16)),
        "a version nought": changed(version=0),
        "a version too high": changed(version=0x10000),
        "a version that is a text": changed(version="1"),
        "a version beyond numbers": content.replace('"version": 1', '"version": 1e999', 1).encode(),
        "a purpose that is a number": changed(purpose=1),
        "bytes that are no text": content.encode()[:90] + b"\xff\xfe" + content.encode()[90:],
        "another coding": content.encode("utf-16"),
        "deep nesting": b"[" * 200_000,
        "a number without end": content.encode() + b"1" * 100_000,
        "too large": content.encode() + b" " * LARGEST,
    }


@pytest.mark.parametrize("damage", sorted(_damages('{"key": "00"}\n')))
def test_a_damaged_file_is_refused_and_its_keys_stay_unsaid(provider: FileProvider, path: Path, damage: str) -> None:
    """The error names the file; neither it, nor any error behind it, carries a key (the JSON parser's would)."""
    content = path.read_text()
    keys = [json.loads(line)["key"] for line in content.splitlines()]
    path.write_bytes(_damages(content)[damage])
    with pytest.raises(ProviderUnavailable) as refusal:
        FileProvider(path)
    assert str(path) in str(refusal.value)
    behind: BaseException | None = refusal.value
    while behind is not None:
        said = repr(behind) + str(vars(behind)) + repr([getattr(behind, name, "") for name in ("doc", "object")])
        assert not any(key[:10] in said or key[-10:] in said for key in keys)
        behind = behind.__context__
    path.write_text(content)
    FileProvider(path)


def test_the_parser_s_own_error_would_carry_the_line() -> None:
    """The control: why no error of reading is let out."""
    with pytest.raises(json.JSONDecodeError) as error:
        json.loads('{"key": "canary"} ,')
    assert "canary" in error.value.doc


def test_a_provider_shows_no_key(provider: FileProvider, path: Path) -> None:
    """Neither its repr, nor its refusals: these name file, purpose and version."""
    wrapped = provider.wrap("data", MATERIAL, context=b"key 1")
    with pytest.raises(WrongKey) as refusal:
        provider.unwrap("index", wrapped, context=b"key 1")
    said = str(refusal.value)
    assert said.startswith(f"{path}: index 密钥的第 1 版打不开它")
    assert "version 1 of the index key does not open this" in said
    assert MATERIAL.hex() not in said
    assert repr(provider) == "<key file>"
