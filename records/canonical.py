"""When two spellings mean one thing: every phone, name and id has one canonical value, by which it is found.

- A phone is a mobile of 11 digits, a fixed line with its area code, a 400 or 800 number, or + and a country
  code with a possible number; nothing shorter.
- Exactly its last four digits may be hidden (A7), whatever sign hides them; hidden elsewhere, it is no phone.
- Country code, trunk zero, IP-call prefix, separators and extension say nothing about whose phone it is.
- A canonical value is for finding, never for showing. Every normaliser has a version, which index rows carry:
  whoever changes what one answers raises its version, and the index is built anew.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Final

import phonenumbers

PHONE_NORMALISER: Final = 1
NAME_NORMALISER: Final = 1
ORGANISATION_NORMALISER: Final = 1
PROJECT_NORMALISER: Final = 1
ADDRESS_NORMALISER: Final = 1
EMAIL_NORMALISER: Final = 1
WECHAT_NORMALISER: Final = 1
USCC_NORMALISER: Final = 1

_HIDEABLE = 4  # A7: the last four digits.


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone number: E.164, hidden digits as `*`; the extension (分机) is no part of its identity."""

    number: str = field(repr=False)
    extension: str | None = field(default=None, repr=False, compare=False)

    @property
    def hidden(self) -> bool:
        """Tell whether the last four digits are hidden (A7)."""
        return self.number.endswith("*")

    @property
    def e164(self) -> str | None:
        """Give the whole number, by which a customer is known; none while digits are hidden."""
        return None if self.hidden else self.number


@dataclass(frozen=True, slots=True)
class PhonesFound:
    """What a phone cell holds: its phones in order, each once, and what its text says besides.

    `wechat` is the one that is a WeChat id too (微信同号). `invalid`: no phone was found in a cell that says
    something, or digits are left over that are no phone.
    """

    phones: tuple[Phone, ...] = field(default=(), repr=False)
    wechat: str | None = field(default=None, repr=False)
    remainder: str = field(default="", repr=False)
    invalid: bool = False


_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_SIGNS = str.maketrans(
    dict.fromkeys("‐‒–—―−ー─", "-") | dict.fromkeys("·•・", ".") | dict.fromkeys("×✕✖╳●○■□◆★☆∗⁎", "*"),
)
_GAP = r"[ \-.]{0,3}"
_AREA_GAP = r"[ \-./]{0,3}"
_HIDERS = r"(?:[*]{4}|[xX]{4}|[#]{4}|[?]{4}|_{4})(?![*xX#?_])"
_LAST_FOUR = rf"(?:(?:{_GAP}[0-9]){{4}}|{_GAP}{_HIDERS})"
_PHONE = re.compile(
    rf"""
    (?<![0-9*])(?:
      (?:(?:
          (?P<country> \(?(?:\+|00){_GAP}\(?86\)? )
        | \(?86\)?                                      # the country, its sign forgotten
        | 1(?:[12][0-9]|79)[0-9]{{2}} | 10193           # an IP-call prefix, as libphonenumber knows them
      ){_GAP}){{0,2}}
      (?:
          0?{_GAP}(?P<mobile> 1{_GAP}[3-9](?:{_GAP}[0-9]){{5}}{_LAST_FOUR} )
        | (?P<toll> [48]{_GAP}0{_GAP}0(?:{_GAP}[0-9]){{3}}{_LAST_FOUR} )
        | \(?(?(country)0?|0)\)?{_GAP}(?P<fixed>
              (?:10|2[0-9])\)?{_AREA_GAP}[1-9](?:{_GAP}[0-9]){{3}}{_LAST_FOUR}
            | [3-9][0-9]{{2}}\)?{_AREA_GAP}[1-9](?:{_GAP}[0-9]){{2,3}}{_LAST_FOUR} )
      )
    | (?P<abroad> \(?(?:\+|00){_GAP}(?!86)[1-9](?:[ \-.()]{{0,3}}[0-9]){{1,14}}(?:{_GAP}{_HIDERS})? )
    )(?![0-9]|[*]{{2}})
    """,
    re.VERBOSE,
)
_LAST_GROUP = re.compile(r"[ \-.()]*[^ \-.()]+[ \-.()]*\Z")
_MOBILES = {"13", "14", "15", "16", "17", "18", "19"}
_EXTENSION = re.compile(
    r"[ ,(]*(?:(?:转?分机号?|转接?|#|x|ext(?:ension)?\.?)[ :.]*(?P<named>[0-9]{1,6})(?![0-9])"
    r"|-[ ]?(?P<dashed>[0-9]{1,6})(?![ \-.]?[0-9]))[ )]*",
    re.IGNORECASE,
)
_WECHAT_TOO = re.compile(
    r"[\s(\[【,:;、/|-]*(?:(?:微信|薇信|vx|wx|v信|v|微)号?(?:也是|也|是)?同(?:号码?|步|名|手机号?|电话|上)?"
    r"|同(?:微信|微|vx|wx|v)号?|(?:微信|vx|wx)号?(?=\s*[)\]】]))\s*[)\]】]?",
    re.IGNORECASE,
)
_WECHAT_BEFORE = re.compile(r"(?:微信|薇信|vx|wx)(?:同号|号)?(?:[/&、]?(?:手机|电话)号?码?)?[\s:]*$", re.IGNORECASE)
_LABELS = re.compile(
    r"(?:手机|移动电话|联系方式|联系电话|电话|座机|固话|固定电话|号码|telephone|tel|mobile|phone|cell|或者?|以及|[和及与号]|[\W_])*",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"[\W_]*+(?:无|没有|暂无|未留|不详|未知|空|none|null|nan|n/?a)?[\W_]*+", re.IGNORECASE)
_DIGITS_LEFT = re.compile(r"(?:[0-9][ \-.*xX]{0,3}){5}")
_SPELT_AS_FORMULA = re.compile(r'="([^"]*)"|\'(.*)', re.DOTALL)
_SPELT_AS_DECIMAL = re.compile(r"([0-9]+)\.0+")
_DOTS = str.maketrans(dict.fromkeys("•・‧∙⋅", "·"))
_BETWEEN_LETTERS = re.compile(r"(?<![a-z0-9.,]) | (?![a-z0-9])")
_WORD_ENDS = re.compile(r"[ ,.()]+")
_LATIN_FORMS = {"company", "co", "limited", "ltd", "inc", "llc", "gmbh", "corporation", "corp", "group"}
_CHINESE_FORMS = ("公司", "有限责任", "有限", "股份", "集团", "控股")
_BUILDING = re.compile(r"号楼|[幢棟]")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")
_WECHAT_LABEL = re.compile(r"(?:微信|薇信|vx|wx|wechat)(?:号|id)?[\s:]+")
_WECHAT_ID = re.compile(r"[a-z][a-z0-9_-]{5,19}")
_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(rf"[{_USCC_SIGNS}]{{18}}")


def parse_phones(cell: str) -> PhonesFound:
    """Find the phones in what somebody wrote where a phone belongs.

    Several numbers, the words around them and the habits of spreadsheets (`="…"`, a leading apostrophe, `.0`)
    are understood; a cell that says that there is none (无, N/A) is an empty one. Never raises.
    """
    if _PLAIN_MOBILE.fullmatch(cell):
        return PhonesFound((Phone("+86" + cell),))
    text = _legible(cell) if cell else ""
    if _NOTHING.fullmatch(text):
        return PhonesFound()
    if text.startswith("="):
        # What a formula would show is not what it says, and it is never run: no number is read out of it.
        return PhonesFound(remainder=text, invalid=True)
    phones: dict[Phone, None] = {}
    wechat: str | None = None
    besides: list[str] = []
    position = 0
    while found := _PHONE.search(text, position):
        number, end = _number(found)
        if number is None:
            besides.append(text[position:end])
            position = end
            continue
        before = text[position : found.start()]
        if extension := _EXTENSION.match(text, end):
            end = extension.end()
        if same := _WECHAT_TOO.match(text, end):
            end = same.end()
        phone = Phone(number, (extension["named"] or extension["dashed"]) if extension else None)
        phones.setdefault(phone)
        if wechat is None and not phone.hidden and (same or _WECHAT_BEFORE.search(before)):
            wechat = number.removeprefix("+86")
        besides.append(_WECHAT_BEFORE.sub("", before))
        position = end
    besides.append(text[position:])
    remainder = " ".join(" ".join(besides).split())
    if phones and _LABELS.fullmatch(remainder):
        remainder = ""
    return PhonesFound(tuple(phones), wechat, remainder, not phones or _DIGITS_LEFT.search(remainder) is not None)


def _legible(cell: str) -> str:
    """Write a phone cell in plain signs: no width, no direction, one dash, one hiding sign."""
    # A number in a circle counts the phones of a list: it is no digit of the phone behind it.
    text = "".join(" " if unicodedata.category(sign) == "No" else sign for sign in cell)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()
    if spelt := _SPELT_AS_FORMULA.fullmatch(text):
        text = (spelt[1] or spelt[2] or "").strip()
    if spelt := _SPELT_AS_DECIMAL.fullmatch(text):
        text = spelt[1]
    return text


def _number(found: re.Match[str]) -> tuple[str | None, int]:
    """Read E.164 out of what was found, hidden digits as `*`, and say where it ends; none if nobody can have it.

    A number abroad has no length to know it by: it ends at the last gap at which it is possible.
    """
    national = found["mobile"] or found["toll"] or found["fixed"]
    if national is not None:
        return "+86" + _bare(national), found.end()
    written = found["abroad"]
    while written:
        bare = _bare(written).removeprefix("00")
        if (number := _abroad(bare)) is not None:
            return number, found.start() + len(written)
        written = _LAST_GROUP.sub("", written)
    return None, found.end()


def _bare(written: str) -> str:
    return re.sub(r"[^0-9*]", "", re.sub(_HIDERS, "****", written))


def _abroad(bare: str) -> str | None:
    try:
        number = phonenumbers.parse("+" + bare.replace("*", "0"))
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164[:-_HIDEABLE] + "****" if bare.endswith("*") else e164


def prefix_of(phone: Phone) -> str:
    """Give all but the last four digits: where a hidden number and a whole one may be the same (possible match)."""
    return phone.number[:-_HIDEABLE]


def masked_phone(phone: Phone) -> str:
    """Write a phone as A7 writes it, its last four digits hidden: `1380013****`, `0571-6568****`.

    The same for every phone and every reader, so that no two displays add up to a number.
    """
    shown = prefix_of(phone)
    national = shown.removeprefix("+86")
    if national == shown or national[:2] in _MOBILES:
        return national + "****"
    if national[:3] in {"400", "800"}:
        return f"{national[:3]}-{national[3:]}-****"
    area = 2 if national[0] in "12" else 3
    return f"0{national[:area]}-{national[area:]}****"


def canonical_name(name: str) -> str:
    """Fold a person's name: width, case, invisible signs, spaces between Chinese characters, kinds of middle dot."""
    return unicodedata.normalize("NFC", _BETWEEN_LETTERS.sub("", _folded(name)))


def canonical_organisation(name: str) -> str:
    """Fold an organisation's name (客户名称) and take off what every company is called (有限公司, 集团, Ltd).

    A name that is nothing else stays whole.
    """
    folded = _folded(name)
    words = _WORD_ENDS.split(folded.rstrip(" ,.()"))
    while len(words) > 1 and words[-1] in _LATIN_FORMS:
        words.pop()
    text = _letters("".join(words))
    while text.endswith(_CHINESE_FORMS):
        text = next(text.removesuffix(form) for form in _CHINESE_FORMS if text.endswith(form))
    return text or _letters(folded)


def canonical_project(name: str) -> str:
    """Fold a project's name to its letters and digits."""
    return _letters(_folded(name))


def canonical_address(address: str, building: str = "") -> str:
    """Fold an address and its building (楼牌号), whichever word counts the buildings (栋, 幢, 号楼)."""
    return "|".join(_letters(_BUILDING.sub("栋", _folded(part))).removesuffix("室") for part in (address, building))


def canonical_email(address: str) -> str | None:
    """Fold an e-mail address; none if it is none."""
    text = _folded(address).removeprefix("mailto:")
    return text if _EMAIL.fullmatch(text) else None


def canonical_wechat(written: str) -> str | None:
    """Fold a WeChat id (微信号), which may be a phone number; none if it is none."""
    text = _WECHAT_LABEL.sub("", _folded(written))
    if _WECHAT_ID.fullmatch(text):
        return text
    phones = parse_phones(text).phones
    return phones[0].number.removeprefix("+86") if len(phones) == 1 and not phones[0].hidden else None


def canonical_uscc(code: str) -> str | None:
    """Fold a unified social credit code (统一社会信用代码); none if its check character is wrong (GB 32100-2015)."""
    text = _letters(_folded(code)).upper()
    if not _USCC.fullmatch(text):
        return None
    total = sum(_USCC_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(text[:17]))
    return text if _USCC_SIGNS[-total % 31] == text[17] else None


def _folded(text: str) -> str:
    """Fold width, case and invisible signs, until folding changes nothing more (NFKC and case interact)."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    while True:
        folded = unicodedata.normalize("NFKC", text).casefold()
        folded = "".join(sign for sign in folded if unicodedata.category(sign) not in {"Cf", "Cc"} or sign.isspace())
        folded = " ".join(folded.translate(_DOTS).split())
        if folded == text:
            return text
        text = folded


def _letters(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(sign for sign in text if unicodedata.category(sign)[0] in "LNM"))
