"""Evidence (证据): what somebody brings for a claim of theirs, by its kind, in words, and by the hash of its document.

- In clear stand the kinds and the hashes; the words are sealed under the customer's key.
- The document itself stays where it is: its SHA-256 proves later that it is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import orjson

from records.refusals import ProblemCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crypto.sealed import Confidential
    from records.proofreading import Proof

MOST_PIECES: Final = 20


class EvidenceKind(StrEnum):
    """What a piece of evidence is (证据种类)."""

    VISIT_RECORD = "visit_record"
    MESSAGE = "message"
    CONTRACT = "contract"
    RECEIPT = "receipt"
    PHOTO = "photo"
    WITNESS = "witness"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EvidenceForm:
    """A piece of evidence as somebody enters it."""

    kind: EvidenceKind
    text: Confidential | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Evidence as it is kept: kinds and hashes in clear, the words to be sealed."""

    kinds: tuple[str, ...]
    documents: tuple[str | None, ...]
    texts: tuple[str | None, ...]

    def details(self) -> dict[str, object]:
        """Write what stands in clear; `evidence` is the law's name."""
        return {"evidence": list(self.kinds), "documents": list(self.documents)}

    def written(self) -> bytes:
        """Write the words as they are sealed."""
        return orjson.dumps(self.texts)


def read_evidence(proof: Proof, entered: Sequence[EvidenceForm], *path: str) -> Evidence:
    """Read pieces of evidence, each with words or a document; none at all is a problem."""
    if not entered:
        proof.blame(ProblemCode.REQUIRED, *path)
    if len(entered) > MOST_PIECES:
        proof.blame(ProblemCode.TOO_MANY, *path)
    texts: list[str | None] = []
    documents: list[str | None] = []
    for place, piece in enumerate(entered[:MOST_PIECES]):
        found = len(proof.problems)
        texts.append(proof.text(piece.text, *path, str(place), "text"))
        documents.append(proof.digest(piece.document, *path, str(place), "document"))
        if texts[-1] is None and documents[-1] is None and len(proof.problems) == found:
            proof.blame(ProblemCode.REQUIRED, *path, str(place), "text")
    return Evidence(tuple(piece.kind.value for piece in entered), tuple(documents), tuple(texts))
