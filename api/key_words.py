"""What a custodian whose command was refused does next: said in the same line, behind the refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from records.refusals import RefusalCode

if TYPE_CHECKING:
    from records.key_names import Subject

DISABLE_FIRST: Final = "销毁前须先停用:baobei keys disable / it is disabled before it is destroyed: baobei keys disable"
ROTATE_FIRST: Final = "在用的密钥须先轮换:baobei keys rotate / the key in use is rotated first: baobei keys rotate"
_NO_NAME: Final = "密钥名见 baobei keys status / names stand in baobei keys status"
_A_PURPOSE: Final = "此操作须写用途,如 data / this takes a purpose, as data"
_A_VERSION: Final = "此操作须写版本,如 data/1 / this takes a version, as data/1"
_A_KEK: Final = (
    "密钥加密密钥只写用途(kek data),只能轮换或销毁旧版本 / "
    "of a key-encryption key the purpose alone is named (kek data); it is rotated, and its older versions destroyed"
)


def next_step(code: RefusalCode, subject: Subject | None, in_another_state: str | None) -> str:
    """Say what to do after a refusal; nothing if its own words say so."""
    if code is RefusalCode.NOT_IN_STATE:
        return in_another_state or ""
    if code is not RefusalCode.NOT_FOUND:
        return ""
    if subject is None:
        return _NO_NAME
    if subject.is_kek:
        return _A_KEK
    return _A_VERSION if subject.version is None else _A_PURPOSE
