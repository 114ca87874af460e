"""Files as people bring them: photos with what their cameras write into them, scans, and files that are two things."""

from __future__ import annotations

import io
import random
import zipfile
import zlib

import pikepdf
from PIL import Image, PngImagePlugin

GPS, COMMENT, AUTHOR = "金丝雀坐标 canary-gps-3016", "canary-comment-鸟园", "canary-author-zhuque"
"""What a file says about itself, and nobody is to learn."""
SHOWN = b"canary-shown-page"
"""What a file shows, and is sealed."""


def picture(width: int = 320, height: int = 240, *, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """Draw a picture that is never the same for another seed, and large enough when it is encoded."""
    rng = random.Random(seed)  # noqa: S311 (a picture, no secret)
    small = Image.frombytes("L", (width // 8, height // 8), rng.randbytes((width // 8) * (height // 8)))
    return small.resize((width, height)).convert(mode)


def photo(width: int = 320, height: int = 240, *, orientation: int = 1, seed: int = 1, **saved: object) -> bytes:
    """Take a photo: with its place, its maker, a comment, a colour profile and XMP."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x013B] = orientation, GPS, AUTHOR
    exif.get_ifd(0x8825)[29] = GPS
    out = io.BytesIO()
    picture(width, height, seed=seed).save(
        out, "JPEG", exif=exif, comment=COMMENT.encode(), icc_profile=AUTHOR.encode() * 20, xmp=GPS.encode(),
        **({"quality": 85} | saved),
    )  # fmt: skip
    return out.getvalue()


def screenshot(mode: str = "RGB", seed: int = 2) -> bytes:
    """Take a screenshot: with texts and EXIF."""
    info, exif = PngImagePlugin.PngInfo(), Image.Exif()
    info.add_text("Comment", COMMENT)
    info.add_itxt("XML:com.adobe.xmp", GPS)
    exif[0x010E] = GPS
    out = io.BytesIO()
    picture(mode=mode, seed=seed).save(out, "PNG", pnginfo=info, exif=exif, icc_profile=AUTHOR.encode() * 20)
    return out.getvalue()


def scan(*, packed: bool = False, **more: object) -> bytes:
    """Scan a paper: a page with a photo on it (perhaps packed once more), and with what its maker writes of it.

    `more` goes into its root.
    """
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(200, 200))
        page.contents_add(b"% " + SHOWN + b"\n10 10 m 20 20 l S")
        taken = photo(64, 64)
        filters = [pikepdf.Name.FlateDecode, pikepdf.Name.DCTDecode]
        image = document.make_stream(
            zlib.compress(taken) if packed else taken, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
            Width=64, Height=64, ColorSpace=pikepdf.Name.DeviceRGB, BitsPerComponent=8,
            Filter=pikepdf.Array(filters if packed else filters[1:]),
        )  # fmt: skip
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
        document.docinfo["/Author"] = AUTHOR
        document.Root.Metadata = document.make_stream(
            GPS.encode(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        document.Root.PieceInfo = pikepdf.Dictionary(Canary=pikepdf.String(COMMENT))
        for name, value in more.items():
            document.Root[f"/{name}"] = value
        out = io.BytesIO()
        document.save(out, compress_streams=False)
        return out.getvalue()


def archive() -> bytes:
    """Pack an archive, as somebody would hide it behind a picture."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("canary.html", "<script>canary-polyglot</script>")
    return out.getvalue()
