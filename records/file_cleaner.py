"""A file read whole and written anew, so that only what it shows is kept: run as a program, with a file on its input.

- It runs in a process of its own that knows no key and no database, with bounds on memory and time: whatever a file
  does to a parser, it does there, and is refused.
- A JPEG and a PNG are one picture, decoded whole and encoded anew: no EXIF, XMP, ICC, comment, second picture or
  trailing byte is left. A JPEG keeps its quantisation and sampling; it is turned as its EXIF said.
- A PDF begins as one and needs no repair; encrypted, with scripts, embedded files, media, or an action that starts,
  sends or fetches something, it is refused. It is written anew from what its pages need: no document data, no earlier
  version, no metadata of the JPEGs in it, and nothing before or behind.
- Ends with 0 and the file on its output, or with 3: it is not what it is said to be, or not what is kept.
"""

from __future__ import annotations

import io
import resource
import sys
import warnings
import zlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pikepdf
    from PIL.Image import Image

REFUSED: Final = 3
MOST_MEMORY: Final = 1536 * 2**20
MOST_SECONDS: Final = 20
"""Seconds of processor time."""
MOST_PIXELS: Final = 64_000_000
MOST_NESTED: Final = 100
MOST_UNPACKED: Final = 20 * 2**20
"""Bytes of a JPEG that was packed into a document once more."""
_TURNED: Final = 0x0112
"""EXIF's tag that says how a picture is to be turned."""
_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "I;16", "I", "CMYK"})
_HARMLESS: Final = frozenset({"/GoTo", "/Named", "/URI", "/Hide", "/SetOCGState"})
"""Actions that lead the reader somewhere and, but for an address that is clicked, reach nothing outside."""
_ACTIONS: Final = ("/A", "/OpenAction", "/Next", "/PA")
"""Where actions stand."""
_UNWANTED: Final = (
    "/JS", "/JavaScript", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/AF", "/AA", "/XFA", "/RichMediaContent",
    "/Collection",
)  # fmt: skip
_UNWANTED_KINDS: Final = frozenset(
    {"/Filespec", "/EmbeddedFile", "/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"}
)
_DROPPED: Final = ("/Metadata", "/PieceInfo", "/LastModified", "/Thumb")
_SCAN: Final = 0xDA
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_KEPT_SEGMENTS: Final = frozenset({0xE0, 0xEE})
"""JFIF's and Adobe's, which say how colours are meant."""


class NotKept(Exception):  # noqa: N818 (the outcome's name; no programming error)
    """The file is not what it is said to be, or holds what is not kept."""


def clean_jpeg(data: bytes) -> bytes:
    """Write a JPEG anew with its quantisation and sampling, turned as its EXIF said."""
    from PIL import ImageOps, JpegImagePlugin  # noqa: PLC0415 (one kind of file needs one library)

    image = _picture(data, "JPEG", b"\xff\xd8\xff")
    if not isinstance(image, JpegImagePlugin.JpegImageFile):
        raise NotKept
    tables, sampling = image.quantization, JpegImagePlugin.get_sampling(image)
    turned = ImageOps.exif_transpose(image) if image.getexif().get(_TURNED, 1) != 1 else image
    turned.info.clear()
    out = io.BytesIO()
    turned.save(out, "JPEG", qtables=tables, subsampling=sampling, comment=b"", exif=b"", optimize=False)
    return out.getvalue()


def clean_png(data: bytes) -> bytes:
    """Write a PNG anew, pixel for pixel; of its transparency, what its palette or its colour says."""
    image = _picture(data, "PNG", b"\x89PNG\r\n\x1a\n")
    if getattr(image, "is_animated", False):
        raise NotKept
    transparency = image.info.get("transparency")
    image.info.clear()
    out = io.BytesIO()
    image.save(out, "PNG", **({} if transparency is None else {"transparency": transparency}))
    return out.getvalue()


def _picture(data: bytes, kind: str, magic: bytes) -> Image:
    """Decode a picture whole."""
    from PIL import Image as Pictures  # noqa: PLC0415 (as above)

    if not data.startswith(magic):
        raise NotKept
    Pictures.MAX_IMAGE_PIXELS = MOST_PIXELS
    image = Pictures.open(io.BytesIO(data), formats=(kind,))
    if image.width * image.height > MOST_PIXELS or image.mode not in _MODES:
        raise NotKept
    image.load()
    return image


def clean_pdf(data: bytes) -> bytes:
    """Write a PDF anew from what its pages need."""
    import pikepdf  # noqa: PLC0415 (as above)

    if not data.startswith(b"%PDF-"):
        raise NotKept
    with pikepdf.open(io.BytesIO(data), attempt_recovery=False, suppress_warnings=True) as document:
        if document.is_encrypted or not document.pages or document.check_pdf_syntax():
            raise NotKept
        for name in ("/Info", "/ID"):
            if name in document.trailer:
                del document.trailer[name]
        for one in document.objects:
            _clean_object(one, 0)
        out = io.BytesIO()
        document.save(out, deterministic_id=True)
        return out.getvalue()


def _clean_object(one: pikepdf.Object, depth: int) -> None:
    """Refuse what is not kept of an object and of what stands inside it, and drop what says where it came from."""
    import pikepdf  # noqa: PLC0415 (as above)

    if depth > MOST_NESTED:
        raise NotKept
    if isinstance(one, pikepdf.Stream | pikepdf.Dictionary):
        _hold_to_pages(one)
        for name in _DROPPED:
            if name in one:
                del one[name]
        if isinstance(one, pikepdf.Stream) and "/DCTDecode" in (filters := _filters(one)):
            said = one.get("/DecodeParms")
            said = said[-1] if isinstance(said, pikepdf.Array) and len(said) else said
            parameters = said if isinstance(said, pikepdf.Dictionary) else None
            bare = b"".join(_without_segments(_unpacked(one.read_raw_bytes(), filters)))
            one.write(bare, filter=pikepdf.Name.DCTDecode, decode_parms=parameters)
    for inner in _inside(one):
        _clean_object(inner, depth + 1)


def _filters(one: pikepdf.Object) -> list[str]:
    import pikepdf  # noqa: PLC0415 (as above)

    named = one.get("/Filter")
    if named is None:
        return []
    return [str(each) for each in named] if isinstance(named, pikepdf.Array) else [str(named)]


def _inside(one: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Give what stands in an object itself; what it names by its number is walked by itself."""
    import pikepdf  # noqa: PLC0415 (as above)

    if isinstance(one, pikepdf.Stream | pikepdf.Dictionary):
        inner = [value for _, value in one.items()]
    elif isinstance(one, pikepdf.Array):
        inner = list(one)
    else:
        return
    yield from (value for value in inner if isinstance(value, pikepdf.Object) and not value.is_indirect)


def _hold_to_pages(one: pikepdf.Object) -> None:
    """Refuse an object that does something, or brings something along."""
    import pikepdf  # noqa: PLC0415 (as above)

    if any(name in one for name in _UNWANTED):
        raise NotKept
    kinds = {str(one.get(name, "")) for name in ("/Type", "/Subtype")}
    if kinds & _UNWANTED_KINDS:
        raise NotKept
    if str(one.get("/Type", "")) == "/Action" and not _is_harmless(one):
        raise NotKept
    for name in _ACTIONS:
        listed = one.get(name)
        for action in listed if isinstance(listed, pikepdf.Array) else (listed,):
            if isinstance(action, pikepdf.Dictionary) and "/S" in action and not _is_harmless(action):
                raise NotKept
    if isinstance(one, pikepdf.Stream) and "/F" in one:
        raise NotKept  # its bytes stand in another file


def _is_harmless(action: pikepdf.Object) -> bool:
    return str(action.get("/S", "")) in _HARMLESS


def _unpacked(raw: bytes, filters: list[str]) -> bytes:
    """Give the JPEG in a stream, which may have been packed once more."""
    if filters == ["/DCTDecode"]:
        return raw
    if filters != ["/FlateDecode", "/DCTDecode"]:
        raise NotKept
    unpacking = zlib.decompressobj()
    jpeg = unpacking.decompress(raw, MOST_UNPACKED)
    if not unpacking.eof:
        raise NotKept
    return jpeg


def _without_segments(jpeg: bytes) -> Iterator[bytes]:
    """Give a JPEG without the segments that only speak about it, up to its first scan, and the rest as it is."""
    if not jpeg.startswith(b"\xff\xd8"):
        raise NotKept
    yield jpeg[:2]
    place = 2
    while True:
        while jpeg[place : place + 2] == b"\xff\xff":
            place += 1
        if place + 4 > len(jpeg) or jpeg[place] != 0xFF:  # noqa: PLR2004 (a marker's first byte)
            raise NotKept
        kind = jpeg[place + 1]
        end = place + 2 if kind in _STANDALONE else place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        if kind == _SCAN:
            yield jpeg[place:]
            return
        speaks = kind == 0xFE or (0xE0 <= kind <= 0xEF and kind not in _KEPT_SEGMENTS)  # noqa: PLR2004 (COM, APPn)
        if not speaks:
            yield jpeg[place:end]
        place = end


_CLEANERS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    "image/jpeg": clean_jpeg,
    "image/png": clean_png,
    "application/pdf": clean_pdf,
}


def main(media: str) -> int:
    """Clean what comes on the input."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    clean = _CLEANERS[media]
    _libraries(media)
    data = sys.stdin.buffer.read()
    try:
        # A decompression bomb is a warning of the library's at first.
        warnings.simplefilter("error")
        cleaned = clean(data)
    except Exception:  # noqa: BLE001 (whatever a file makes a parser raise, the file is refused)
        return REFUSED
    sys.stdout.buffer.write(cleaned)
    sys.stdout.buffer.flush()
    return 0


def _libraries(media: str) -> None:
    """Load what is needed before anything is read: that it cannot be is no file's fault."""
    if media == "application/pdf":
        import pikepdf  # noqa: F401, PLC0415 (as above)
    else:
        from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin  # noqa: F401, PLC0415 (as above)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
