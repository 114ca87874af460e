"""The schema as it is published: checked in, described, classed, and with no way for a clear text into a cache."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_non_null_type,
    parse,
)

from records.columns import Column
from schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLField, GraphQLNamedType

SDL = Path(__file__).parents[2] / "schema" / "schema.graphql"
TYPES = {name: kind for name, kind in SCHEMA.graphql.type_map.items() if not name.startswith("__")}
BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
OUTPUTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)}
INPUTS = {name: kind for name, kind in TYPES.items() if isinstance(kind, GraphQLInputObjectType)}
SEALED = {"SealedText", "Phone"}
CORE = {
    "Customer": "id name phones wechat email address building holder claims disputes version viewerCan",
    "MaskedText": "display isMasked canReveal",
    "Claim": "id customer claimant team type state missing filedAt occurredAt channel enteredBy ruling version "
    "viewerCan",
    "Holding": "staff team since protectedUntil ruling",
    "Ruling": "edition outcome grounds whyNot digest",
    "Clause": "id regulation text",
    "Ground": "kind clause parameter held facts reason",
    "Dispute": "id customer parties state ruling award openedAt version viewerCan",
    "FileClaimPayload": "claim refusal replayed",
    "Refusal": "code clauses message path",
    "InvalidInput": "problems",
    "Stale": "version",
    "PossibleMatch": "protectedUntil",
    "FileClaimInput": "idempotencyKey claimant type channel occurredAt visitedAt deal name phones wechat email address "
    "building other source basis lateReason",
    "RevealContactInput": "customer fields purpose note",
    "RevealContactPayload": "contact accessEntry refusal",
    "RevealedContact": "name phones wechat email address building expiresAt",
    "AccessEntry": "id at tag actor customer fields purpose note allowed",
    "Query": "me node nodes customers customer claims claim disputes dispute staff teams accessLog",
    "Subscription": "keyRotationProgressed rehearsalProgressed",
    "Mutation": "logIn logOut changePassword findCustomers fileClaim completeFiling recordVisit recordContact "
    "recordConsent checkConflict revealContact openDispute settleDispute rotateKeys requestKeyAct approveKeyAct",
}
"""What a frontend team was promised (wire.md, Core of the schema)."""


def test_the_sdl_is_the_one_that_is_checked_in() -> None:
    """A snapshot: a change of the wire is a change of this file."""
    assert SCHEMA.as_str() + "\n" == SDL.read_text(encoding="utf-8")


def test_the_sdl_is_graphql() -> None:
    """It parses."""
    parse(SDL.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("name", "fields"), CORE.items())
def test_the_core_of_the_schema_has_the_names_that_were_promised(name: str, fields: str) -> None:
    """wire.md: names of core types and fields are fixed."""
    assert set(fields.split()) <= TYPES[name].fields.keys()


def test_everything_has_a_description_and_every_noun_its_chinese_term() -> None:
    """wire.md: every type and field has a description, English and the Chinese term in brackets."""
    for name, kind in TYPES.items():
        if name in BUILT_IN:
            continue
        assert kind.description, name
        assert re.search(r"[\u4e00-\u9fff]", kind.description), name
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            assert [field for field, one in kind.fields.items() if not one.description] == [], name


def test_every_field_has_an_authorization_and_an_audit_class() -> None:
    """wire.md and log.md: 100 % of fields, in the SDL."""
    document = parse(SDL.read_text(encoding="utf-8"))
    fields = [
        (node.name.value, field)
        for node in document.definitions
        if node.kind in {"object_type_definition", "interface_type_definition"}
        for field in node.fields
    ]
    assert len(fields) > 150
    for name, field in fields:
        directives = [directive.name.value for directive in field.directives]
        assert directives == ["requires", "audited"], f"{name}.{field.name.value}"


def _below(kind: GraphQLNamedType) -> Iterator[GraphQLNamedType]:
    if isinstance(kind, GraphQLInterfaceType):
        yield from SCHEMA.graphql.get_possible_types(kind)
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        yield from (get_named_type(field.type) for field in kind.fields.values())


def _reachable(kind: GraphQLNamedType) -> set[str]:
    found: set[str] = set()
    waiting = [kind]
    while waiting:
        one = waiting.pop()
        if one.name not in found:
            found.add(one.name)
            waiting += _below(one)
    return found


def test_clear_text_is_reached_by_one_mutation_and_has_no_id() -> None:
    """B9 C15 E5 J16; wire.md: `RevealedContact` has no id, is no Node, hangs under no node."""
    revealed = OUTPUTS["RevealedContact"]
    assert "id" not in revealed.fields
    assert not getattr(revealed, "interfaces", ())
    holders = {
        name
        for name, kind in OUTPUTS.items()
        if any(get_named_type(field.type) is revealed for field in kind.fields.values())
    }
    assert holders == {"RevealContactPayload"}
    assert "id" not in OUTPUTS["RevealContactPayload"].fields
    assert "RevealedContact" not in _reachable(OUTPUTS["Query"])
    nodes = [kind.name for kind in SCHEMA.graphql.get_possible_types(TYPES["Node"])]
    assert "RevealedContact" not in {name for node in nodes for name in _reachable(TYPES[node])}


def _arguments(field: GraphQLField) -> set[str]:
    return {name for argument in field.args.values() for name in _reachable(get_named_type(argument.type))}


def test_no_query_takes_a_phone_or_a_name() -> None:
    """wire.md: an argument would be a key of a client's cache."""
    names = {"phone", "phones", "name", "wechat", "email", "address", "building"}
    for kind in OUTPUTS.values():
        if kind.name == "Mutation":
            continue
        for name, field in kind.fields.items():
            taken = _arguments(field)
            assert not taken & SEALED, f"{kind.name}.{name}"
            inputs = [INPUTS[one] for one in taken if one in INPUTS]
            assert not names & {key for one in inputs for key in one.fields}, f"{kind.name}.{name}"
            assert not names & field.args.keys(), f"{kind.name}.{name}"


def test_nothing_sealed_is_filtered_or_ordered_by() -> None:
    """leaks.md 18 and 20."""
    sealed = {column.name.lower() for column in Column}
    for name, kind in TYPES.items():
        if name.endswith("Filter"):
            assert not sealed & {field.lower() for field in kind.fields}, name
        if name.endswith("Order") and isinstance(kind, GraphQLEnumType):
            columns = {value.lower().removesuffix("_asc").removesuffix("_desc") for value in kind.values}
            assert not sealed & columns, name


def test_what_may_be_denied_is_never_required() -> None:
    """leaks.md 16: a denied field is masked or null, so that it takes no sibling with it."""
    for name, field_class in (
        ("holder", "Customer"),
        ("ruling", "Claim"),
        ("ruling", "Dispute"),
        ("ruling", "Holding"),
    ):
        assert not is_non_null_type(OUTPUTS[field_class].fields[name].type), f"{field_class}.{name}"
    for name in ("staff", "team", "since", "protectedUntil"):
        assert not is_non_null_type(OUTPUTS["Holding"].fields[name].type), name
    for name in ("staff", "team"):
        assert not is_non_null_type(OUTPUTS["Party"].fields[name].type), name
    assert not is_non_null_type(OUTPUTS["AccessEntry"].fields["customer"].type)
    for name in RevealedFields:
        assert not is_non_null_type(OUTPUTS["RevealedContact"].fields[name].type), name


RevealedFields = ("name", "phones", "extensions", "wechat", "email", "address", "building")


CREATING = ("FileClaim", "CompleteFiling", "Record", "OpenDispute", "SettleDispute", "RotateKeys", "RequestKeyAct")


def test_what_creates_takes_an_idempotency_key_and_what_changes_a_version() -> None:
    """wire.md, Twice: in the schema, so that code generation demands it."""
    for name, kind in INPUTS.items():
        if name.startswith(
            ("FileClaim", "CompleteFiling", "Record", "OpenDispute", "SettleDispute", "RotateKeys", "RequestKeyAct")
        ):
            assert is_non_null_type(kind.fields["idempotencyKey"].type), name
        if name.startswith(("CompleteFiling", "SettleDispute")):
            assert is_non_null_type(kind.fields["expectedVersion"].type), name
    assert "idempotencyKey" not in INPUTS["RevealContactInput"].fields


def test_a_mutation_takes_one_input_and_gives_its_payload() -> None:
    """wire.md: one argument `input: <Act>Input!`, result `<Act>Payload!`."""
    for name, field in OUTPUTS["Mutation"].fields.items():
        act = name[0].upper() + name[1:]
        assert str(field.type) == f"{act}Payload!", name
        if name != "logOut":
            assert {key: str(argument.type) for key, argument in field.args.items()} == {"input": f"{act}Input!"}, name


def test_every_node_has_its_id_and_every_list_its_page() -> None:
    """wire.md: connections by `first` or `last`; nodes by id."""
    nodes = {kind.name for kind in SCHEMA.graphql.get_possible_types(TYPES["Node"])}
    assert nodes == {
        "Customer",
        "Claim",
        "Dispute",
        "Staff",
        "Team",
        "Fact",
        "AccessEntry",
        "Deal",
        "Confirmation",
        "Notice",
        "KeyAct",
        "Offence",
        "ArchiveEntry",
        "ContactCorrection",
        "Edition",
        "VisitRecord",
        "Destruction",
        "Inspection",
        "InspectedClaim",
        "DiaryEntry",
        "WeeklyReport",
        "RevealGrant",
        "Backup",
        "Departure",
    }
    for kind in OUTPUTS.values():
        for name, field in kind.fields.items():
            if get_named_type(field.type).name.endswith("Connection"):
                assert {"first", "after", "last", "before"} <= field.args.keys(), f"{kind.name}.{name}"


def test_the_sdl_names_no_key_no_host_and_no_secret() -> None:
    """leaks.md 9."""
    text = SDL.read_text(encoding="utf-8")
    assert not re.search(r"localhost|127\.0\.0\.1|\.sock|postgres|wire\.cursor|log\.mac|KEK|DEK|1[3-9][0-9]{9}", text)


def test_scalars_say_what_they_are() -> None:
    """The scalars that the wire has besides GraphQL's own."""
    scalars = {name for name, kind in TYPES.items() if isinstance(kind, GraphQLScalarType)}
    assert scalars - BUILT_IN == {"SealedText", "Phone", "PlainText", "Date", "DateTime", "UUID", "Decimal", "Percent"}
