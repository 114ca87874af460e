"""What the sheets of paper say: the register form (客户登记表), the receipt (报备回执), the ruling (裁决书).

- Contacts are masked as on any screen; what the one who prints may not see is a blank.
- A ruling bears its edition, its digest and its grounds, so that the paper can be held against the system.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from api.pages import Row, Sheet
from records.form_words import OPTIONS, TITLES, field_word
from records.print_words import STATES, word
from records.refusals import RefusalCode, Refused

if TYPE_CHECKING:
    from datetime import tzinfo

    from records.desk import Desk

_RULING: Final = """ruling { digest edition { rulebook edition }
  outcome { holds refused protectedUntil staff { number name } team { name } }
  clauses { id text(language: $l) } grounds { kind held clause { id } reason(language: $l) } }"""
CLAIM: Final = f"""query ($id: ID!, $l: Language!) {{ claim(id: $id) {{ id type state missing filedAt occurredAt channel
  claimant {{ number name }} enteredBy {{ number name }} team {{ id name }}
  customer {{ id name {{ display }} phones {{ display }} wechat {{ display }} email {{ display }}
    address {{ display }} building {{ display }} }} {_RULING} }} }}"""
AWARD: Final = f"""query ($id: ID!, $l: Language!) {{ dispute(id: $id) {{ id state openedAt
  customer {{ id name {{ display }} }} parties {{ side label(language: $l) staff {{ number name }} team {{ name }} }}
  award {{ at level departs to {{ number name }} by {{ number name }} {_RULING} }} {_RULING} }} }}"""


def register_sheet(claim: dict[str, Any], desk: Desk) -> Sheet:
    """Draw the customer register form (客户登记表) of a filing (A4 A6 A7)."""
    say, customer = desk.language, claim["customer"] or {}
    contact = [
        Row(field_word(name).words.in_(say), _shown(customer.get(name)), most_lines=3)
        for name in ("wechat", "email", "address", "building")
    ]
    return Sheet(
        word("register", say),
        claim["id"],
        (
            Row(field_word("name").words.in_(say), _shown(customer.get("name"))),
            Row(field_word("phone").words.in_(say), "  ".join(map(_shown, customer.get("phones") or ())), most_lines=4),
            *contact,
            Row(word("type", say), TITLES[claim["type"].lower()].in_(say)),
            Row(word("claimant", say), _person(claim["claimant"], claim["team"])),
            Row(word("entered_by", say), _person(claim["enteredBy"])),
            Row(word("filed_at", say), _instant(claim["filedAt"], desk.rulebook.zone)),
            Row(word("occurred_at", say), _instant(claim["occurredAt"], desk.rulebook.zone)),
            Row(word("channel", say), _channel(claim, say)),
            Row(word("note", say), ""),
        ),
        (word("sign_customer", say), word("sign_claimant", say), word("sign_desk", say), word("sign_date", say)),
        _foot(desk, word("foot_register", say)),
        word("more", say),
    )


def receipt_sheet(claim: dict[str, Any], desk: Desk) -> Sheet:
    """Draw the receipt of a filing (报备回执): when it was filed, where it stands, and what it gave (F5)."""
    say = desk.language
    missing = "、".join(field_word(one).words.in_(say) for name in claim["missing"] for one in name.split("|"))
    return Sheet(
        word("receipt", say),
        claim["id"],
        (
            Row(field_word("name").words.in_(say), _shown((claim["customer"] or {}).get("name"))),
            Row(word("type", say), TITLES[claim["type"].lower()].in_(say)),
            Row(word("claimant", say), _person(claim["claimant"], claim["team"])),
            Row(word("filed_at", say), _instant(claim["filedAt"], desk.rulebook.zone)),
            Row(word("occurred_at", say), _instant(claim["occurredAt"], desk.rulebook.zone)),
            Row(word("channel", say), _channel(claim, say)),
            Row(word("state", say), STATES[claim["state"].lower()].in_(say)),
            Row(word("missing", say), missing or word("nothing", say), most_lines=4),
            *_outcome(claim["ruling"], say),
        ),
        (word("sign_desk", say), word("sign_claimant", say), word("sign_date", say)),
        _foot(desk, word("foot_receipt", say)),
        word("more", say),
    )


def ruling_sheet(claim: dict[str, Any], desk: Desk) -> Sheet:
    """Draw the ruling on a filing (裁决书), with its grounds."""
    say = desk.language
    head = (
        Row(word("about", say), claim["id"]),
        Row(field_word("name").words.in_(say), _shown((claim["customer"] or {}).get("name"))),
        Row(word("claimant", say), _person(claim["claimant"], claim["team"])),
        Row(word("filed_at", say), _instant(claim["filedAt"], desk.rulebook.zone)),
    )
    return _ruling(desk, head, claim["ruling"], (word("sign_reviewer", say), word("sign_date", say)))


def award_sheet(dispute: dict[str, Any], desk: Desk) -> Sheet:
    """Draw the ruling on a dispute (裁决书, A31 H20): the award, whether it departs, and the ruling as it stood."""
    say, award = desk.language, dispute["award"]
    parties = [Row(shown["label"], _person(shown["staff"], shown["team"])) for shown in dispute["parties"]]
    given: tuple[Row, ...] = (Row(word("award", say), word("no_award", say)),)
    if award is not None:
        departs = word("departs" if award["departs"] else "follows", say)
        given = (
            Row(word("award", say), f"{_person(award['to']) or word('withheld', say)} · {departs}"),
            Row(word("awarded_by", say), _person(award["by"])),
            Row(word("awarded_at", say), _instant(award["at"], desk.rulebook.zone)),
        )
    head = (
        Row(word("about", say), dispute["id"]),
        Row(field_word("name").words.in_(say), _shown((dispute["customer"] or {}).get("name"))),
        Row(word("opened_at", say), _instant(dispute["openedAt"], desk.rulebook.zone)),
        *parties,
        *given,
    )
    ruling = (award or {}).get("ruling") or dispute["ruling"]
    return _ruling(desk, head, ruling, (word("sign_arbiter", say), word("sign_parties", say), word("sign_date", say)))


def _ruling(desk: Desk, head: tuple[Row, ...], ruling: dict[str, Any] | None, signs: tuple[str, ...]) -> Sheet:
    """Draw a ruling below what it is about: its outcome, edition, digest, clauses and grounds."""
    say = desk.language
    grounds = [
        Row(
            " ".join((_clause(ground), word("held" if ground["held"] else "not_held", say))),
            ground["reason"] + ("" if ground["kind"] == "CLAUSE" else f" ({word(ground['kind'].lower(), say)})"),
            most_lines=3,
        )
        for ground in (ruling or {}).get("grounds", ())
    ]
    return Sheet(
        word("ruling", say), (ruling or {}).get("digest", ""), (*head, *_outcome(ruling, say), *grounds), signs,
        _foot(desk, word("foot_ruling", say)), word("more", say),
    )  # fmt: skip


def _outcome(ruling: dict[str, Any] | None, say: str) -> list[Row]:
    """Say what a ruling gave, under which edition, by which clauses; one that is not the reader's is a blank."""
    if ruling is None:
        return [Row(word("outcome", say), word("withheld", say))]
    outcome, edition = ruling["outcome"], ruling["edition"]
    if outcome["refused"]:
        said = Refused(RefusalCode[outcome["refused"]]).message(say)
    elif outcome["holds"] is False:
        said = word("gives_nothing", say)
    else:
        said = _person(outcome["staff"], outcome["team"]) or word("nobody", say)
    return [
        Row(word("outcome", say), said, most_lines=3),
        Row(word("protected_until", say), outcome["protectedUntil"] or "—"),
        Row(word("edition", say), f"{edition['rulebook']} {edition['edition']}"),
        Row(word("clauses", say), " ".join(one["id"] for one in ruling["clauses"]), most_lines=3),
        Row(word("digest", say), ruling["digest"]),
    ]


def _shown(masked: dict[str, Any] | None) -> str:
    return "" if masked is None else masked["display"]


def _person(staff: dict[str, Any] | None, team: dict[str, Any] | None = None) -> str:
    named = f"{staff['name']} ({staff['number']})" if staff else ""
    return " · ".join(one for one in (named, (team or {}).get("name", "")) if one)


def _clause(ground: dict[str, Any]) -> str:
    return (ground["clause"] or {}).get("id", "—")


def _channel(claim: dict[str, Any], say: str) -> str:
    channel = claim["channel"].lower()
    return OPTIONS[channel].in_(say) if channel in OPTIONS else word("import", say)


def _instant(text: str, zone: tzinfo) -> str:
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _foot(desk: Desk, words: str) -> str:
    actor = desk.signed_in()
    return f"{words} · {desk.now.astimezone(desk.rulebook.zone):%Y-%m-%d %H:%M} · {actor.staff.hex[-8:]}"
