"""A file is kept as what it shows: what it says about itself is gone, and of two things it is one or none."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib
from typing import TYPE_CHECKING

import pikepdf
import pytest
from PIL import Image, ImageChops

from records import file_media
from records.file_media import FileMedia, cleaned
from tests.files import AUTHOR, COMMENT, GPS, SHOWN, archive, photo, picture, scan, screenshot

if TYPE_CHECKING:
    from collections.abc import Callable

JPEG, PNG, PDF = FileMedia
CANARIES = [
    form for word in (GPS, COMMENT, AUTHOR, "canary-polyglot") for form in (word.encode(), word.encode("utf-16-be"))
]


def clean(media: FileMedia, data: bytes) -> bytes | None:
    """Clean one file, as the server does."""
    return asyncio.run(cleaned(media, data))


def nothing_told(data: bytes | None) -> bytes:
    """The file, which says nothing about itself."""
    assert data is not None
    assert [canary for canary in CANARIES if canary in data] == []
    return data


def opened(data: bytes) -> Image.Image:
    """A picture, decoded."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_the_canaries_are_in_the_files_as_they_come() -> None:
    """The control."""
    assert all(word.encode() in photo() for word in (GPS, COMMENT, AUTHOR))
    assert COMMENT.encode() in screenshot() or b"tEXt" in screenshot() or b"iTXt" in screenshot()
    assert GPS.encode() in scan()
    assert SHOWN in scan()


def test_a_photo_loses_its_place_and_keeps_its_picture() -> None:
    """leaks.md 60: EXIF, XMP, ICC, comment; the picture is as good as it was."""
    before = photo()
    kept = nothing_told(clean(JPEG, before))
    was, now = opened(before), opened(kept)
    assert (now.size, now.mode, now.getexif().get_ifd(0x8825)) == (was.size, was.mode, {})
    assert not now.info.keys() & {"exif", "comment", "icc_profile", "xmp"}
    assert now.quantization == was.quantization
    worst = max(extreme for _, extreme in ImageChops.difference(was.convert("RGB"), now.convert("RGB")).getextrema())
    assert worst <= 8


def test_a_photo_taken_upright_stays_upright() -> None:
    """What EXIF said of its turn is in its pixels now."""
    assert opened(nothing_told(clean(JPEG, photo(320, 240, orientation=6)))).size == (240, 320)


@pytest.mark.parametrize("saved", [{"progressive": True}, {"subsampling": "4:4:4"}, {"quality": 30}])
def test_every_usual_kind_of_photo_is_kept(saved: dict[str, object]) -> None:
    """Progressive, sampled otherwise, of low quality."""
    nothing_told(clean(JPEG, photo(**saved)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1"])
def test_a_screenshot_is_kept_pixel_for_pixel(mode: str) -> None:
    """And what stood beside the pixels is gone."""
    before = screenshot(mode)
    kept = nothing_told(clean(PNG, before))
    was, now = opened(before), opened(kept)
    assert (now.mode, now.tobytes()) == (was.mode, was.tobytes())
    assert b"tEXt" not in kept
    assert b"eXIf" not in kept


def test_a_palette_keeps_its_transparency() -> None:
    """It is part of the picture."""
    out = io.BytesIO()
    picture(mode="P").save(out, "PNG", transparency=3)
    kept = clean(PNG, out.getvalue())
    assert kept is not None
    assert opened(kept).convert("RGBA").tobytes() == opened(out.getvalue()).convert("RGBA").tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_a_scan_shows_the_same_page_and_tells_nothing(*, packed: bool) -> None:
    """No author, no XMP, no private data, and no place in the photo on its page."""
    kept = nothing_told(clean(PDF, scan(packed=packed)))
    with pikepdf.open(io.BytesIO(kept)) as document:
        assert len(document.pages) == 1
        document.pages[0].contents_coalesce()
        assert SHOWN in document.pages[0].Contents.read_bytes()
        photo_on_it = document.pages[0].Resources.XObject.Im0.read_raw_bytes()
        assert opened(photo_on_it).size == (64, 64)
        assert "/Info" not in document.trailer
    assert clean(PDF, scan(packed=packed)) == kept, "the same file is kept the same"


def test_an_earlier_version_of_a_document_is_not_kept() -> None:
    """What was taken out before stays out."""
    before = scan()
    place = before.rindex(b"startxref") + len("startxref")
    at = int(before[place:].split()[0])
    body = b"\n99 0 obj\n(canary-polyglot)\nendobj\n"
    xref = f"xref\n99 1\n{len(before) + 1:010} 00000 n \ntrailer\n".encode()
    with pikepdf.open(io.BytesIO(before)) as document:
        root = document.Root.objgen[0]
    tail = f"<< /Size 100 /Root {root} 0 R /Prev {at} >>\nstartxref\n{len(before) + len(body)}\n%%EOF\n".encode()
    nothing_told(clean(PDF, before + body + xref + tail))


@pytest.mark.parametrize("hidden", [archive(), b"<html><script>canary-polyglot</script></html>", b"\x00" * 5000])
@pytest.mark.parametrize(("media", "made"), [(JPEG, photo), (PNG, screenshot), (PDF, scan)])
def test_what_is_hidden_behind_a_file_is_not_kept(media: FileMedia, made: Callable[[], bytes], hidden: bytes) -> None:
    """leaks.md 60: JPEG and ZIP, PNG and what trails, PDF and HTML: one thing, or nothing."""
    kept = clean(media, made() + hidden)
    if kept is not None:
        assert hidden not in nothing_told(kept)
        assert not kept.endswith(b"\x00" * 100)


@pytest.mark.parametrize("hidden", [archive(), b"<html><script>canary-polyglot</script></html>", b"\n"])
@pytest.mark.parametrize(("media", "made"), [(JPEG, photo), (PNG, screenshot), (PDF, scan)])
def test_what_begins_as_something_else_is_refused(media: FileMedia, made: Callable[[], bytes], hidden: bytes) -> None:
    """Most readers of PDF would look for its beginning."""
    assert clean(media, hidden + made()) is None


@pytest.mark.parametrize(("media", "data"), [
    (JPEG, screenshot()), (PNG, photo()), (PDF, photo()), (JPEG, scan()), (JPEG, b"GIF89a" + b"\x00" * 100),
    (PDF, archive()), (JPEG, photo()[:-2000]), (PNG, screenshot()[:-2000]), (PDF, scan()[:-300]), (JPEG, photo()[:20]),
    (PNG, b"\x89PNG\r\n\x1a\n"), (PDF, b"%PDF-1.7\n%%EOF"), (PDF, b"%PDF-1.7\n<html>"),
])  # fmt: skip
def test_what_is_not_what_it_is_said_to_be_or_not_whole_is_refused(media: FileMedia, data: bytes) -> None:
    """The content decides, read to its end."""
    assert clean(media, data) is None


def _action(**of: object) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(Type=pikepdf.Name.Action, **of)


_SCRIPT = pikepdf.String("app.alert(1)")
BEHAVING = {
    "a script": {"OpenAction": _action(S=pikepdf.Name.JavaScript, JS=_SCRIPT)},
    "a named script": {"Names": pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=pikepdf.Array([])))},
    "a program": {"OpenAction": _action(S=pikepdf.Name.Launch, F=pikepdf.String("calc.exe"))},
    "a program without a type": {"OpenAction": pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("a"))},
    "a form that is sent": {"OpenAction": _action(S=pikepdf.Name.SubmitForm, F=pikepdf.String("http://a"))},
    "another document": {"OpenAction": _action(S=pikepdf.Name.GoToR, F=pikepdf.String("//host/a"))},
    "a next step": {"OpenAction": _action(S=pikepdf.Name.GoTo, Next=pikepdf.Dictionary(S=pikepdf.Name.Launch))},
    "next steps": {
        "OpenAction": _action(S=pikepdf.Name.GoTo, Next=pikepdf.Array([pikepdf.Dictionary(S=pikepdf.Name.Launch)]))
    },
    "an action of events": {"AA": pikepdf.Dictionary()},
    "an embedded file": {"Names": pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary())},
    "an associated file": {"AF": pikepdf.Array([])},
    "a form of XML": {"AcroForm": pikepdf.Dictionary(XFA=pikepdf.Array([]))},
    "a collection": {"Collection": pikepdf.Dictionary()},
    "a film": {"Annotated": pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.RichMedia)},
}  # fmt: skip


@pytest.mark.parametrize("kind", BEHAVING)
def test_a_document_that_does_something_is_refused(kind: str) -> None:
    """Wherever it stands."""
    assert clean(PDF, scan(**BEHAVING[kind])) is None


def test_a_document_may_lead_its_reader_somewhere() -> None:
    """To a page of its own, or to an address that is clicked."""
    leads = {
        "OpenAction": _action(S=pikepdf.Name.GoTo),
        "Link": _action(S=pikepdf.Name.URI, URI=pikepdf.String("http://a")),
    }
    assert clean(PDF, scan(**leads)) is not None


def test_an_encrypted_document_is_refused() -> None:
    """Also one that everybody opens: what it hides from nobody it can say openly."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(scan())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="owner", user=""))
    assert clean(PDF, out.getvalue()) is None


def test_a_moving_picture_is_refused() -> None:
    """Of several pictures one would be shown and the others kept."""
    out = io.BytesIO()
    picture(seed=1).save(out, "PNG", save_all=True, append_images=[picture(seed=2)])
    assert clean(PNG, out.getvalue()) is None


def _bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = zlib.compress(bytes(1 + width // 8) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def test_a_picture_that_is_huge_when_it_is_decoded_is_refused() -> None:
    """A few kilobytes that would be gigabytes; one that is merely large is kept."""
    assert clean(PNG, _bomb(40_000, 40_000)) is None
    assert clean(PNG, _bomb(6_000, 6_000)) is not None


def test_a_document_that_is_huge_when_it_is_decoded_is_refused() -> None:
    """Its process ends by its own bounds, and the server goes on."""
    with pikepdf.open(io.BytesIO(scan())) as document:
        packed = zlib.compress(zlib.compress(bytes(2_000_000_000 // 4), 9), 9)
        two = pikepdf.Array([pikepdf.Name.FlateDecode, pikepdf.Name.FlateDecode])
        document.pages[0].Contents = document.make_stream(packed, Filter=two)
        out = io.BytesIO()
        document.save(out, stream_decode_level=pikepdf.StreamDecodeLevel.none)
    kept = clean(PDF, out.getvalue())
    assert kept is None or len(kept) < 2_000_000


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """And its process is gone."""
    monkeypatch.setattr(file_media, "CLEANED_WITHIN", 0.001)
    assert clean(JPEG, photo()) is None


def test_a_cleaner_that_does_not_run_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a bug, and said to be one."""
    monkeypatch.setattr(file_media, "_PROGRAM", "/nowhere.py")
    with pytest.raises(RuntimeError):
        clean(JPEG, photo())
