"""Scans (扫描件): copies of paper that a record stands on, each known by the SHA-256, kind and size of its file.

- The file itself stays where it is: its digest proves later that it is the same.
- Whoever names a scan has compared it with the paper: that is what they sign for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from records.refusals import ProblemCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from records.proofreading import Proof

MOST_SCANS: Final = 50
LARGEST_SCAN: Final = 200 * 2**20
"""Bytes of one file."""


class ScanMedia(StrEnum):
    """What kind of file a scan is (扫描件格式)."""

    PDF = "application/pdf"
    OFD = "application/ofd"
    JPEG = "image/jpeg"
    PNG = "image/png"
    TIFF = "image/tiff"


@dataclass(frozen=True, slots=True)
class ScanForm:
    """A scan as somebody enters it."""

    document: str
    media: ScanMedia
    size: int


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan as it is kept: the digest of its file in lower-case hex, its media type, its bytes."""

    document: str
    media: ScanMedia
    size: int

    def written(self) -> dict[str, object]:
        """Write it as a fact's details keep it."""
        return {"document": self.document, "media": self.media.value, "size": self.size}


def read_scans(proof: Proof, entered: Sequence[ScanForm], *path: str) -> tuple[Scan, ...]:
    """Read scans, each file once, in their order."""
    if len(entered) > MOST_SCANS:
        proof.blame(ProblemCode.TOO_MANY, *path)
    scans: dict[str, Scan] = {}
    for place, one in enumerate(entered[:MOST_SCANS]):
        document = proof.digest(one.document, *path, str(place), "document")
        if not 0 < one.size <= LARGEST_SCAN:
            proof.blame(ProblemCode.OUT_OF_RANGE, *path, str(place), "size")
        elif document is not None:
            scans.setdefault(document, Scan(document, one.media, one.size))
    return tuple(scans.values())


def scans_in(details: Mapping[str, Any]) -> tuple[Scan, ...]:
    """Read the scans that a fact's details keep."""
    kept: Iterable[Mapping[str, Any]] = details.get("scans", ())
    return tuple(Scan(one["document"], ScanMedia(one["media"]), one["size"]) for one in kept)


def said_of(scans: Iterable[ScanForm]) -> list[object]:
    """Write scans as idempotency compares them."""
    return [[one.document, one.media.value, one.size] for one in scans]
