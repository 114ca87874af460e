"""Every input of the schema, with every kind of wrong value in each of its places: a typed answer, and no echo.

leaks.md 1 to 7, 15, 46, 62 and 63, over the whole schema as it stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    is_required_input_field,
)

from schema import SCHEMA
from tests.api.conftest import CANARY
from tests.api.test_confidentiality import all_loggers, leaks

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from graphql import GraphQLArgument, GraphQLField, GraphQLInputField

    from tests.company import Company

MUTATIONS = {name: field for name, field in SCHEMA.graphql.mutation_type.fields.items() if name != "logOut"}
QUERIES = SCHEMA.graphql.query_type.fields
CONFIDENTIAL = {"SealedText", "Phone", "PlainText"}
WRONG: list[Any] = [
    None, True, 0, -1, 2**31, 2**80, 1.5, "", "\x00", CANARY, "x" * 3_000, "٣", [], [CANARY], [[None]], {},
    {"phone": CANARY}, [{"name": CANARY, "value": CANARY}],
]  # fmt: skip
SAID = """__typename ... on {payload} {{ refusal {{ __typename code message path clauses {{ id }}
  ... on InvalidInput {{ problems {{ path code message }} }} ... on Stale {{ version }} }} }}"""
TYPED = {"BAD_USER_INPUT", "BAD_CURSOR", "FORBIDDEN", "IDEMPOTENCY_CONFLICT"}


def example(kind: GraphQLInputType, *, full: bool) -> Any:
    """A plausible value of a type; every confidential text is the canary."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        return [example(kind.of_type, full=full)]
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: example(field.type, full=full)
            for name, field in kind.fields.items()
            if name not in {"and", "or"} and (full or is_required_input_field(field))
        }
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return {
        "UUID": str(uuid4()), "ID": "cus_" + "0" * 32, "Int": 1, "Boolean": True, "String": "word",
        "DateTime": "2026-11-01T09:00:00+08:00", "Date": "2026-11-01",
    }.get(kind.name, CANARY)  # fmt: skip


def document(operation: str, name: str, field: GraphQLField) -> str:
    """Ask one root field, its arguments all in variables."""
    variables = ", ".join(f"${key}: {argument.type}" for key, argument in field.args.items())
    arguments = ", ".join(f"{key}: ${key}" for key in field.args)
    payload = get_named_type(field.type)
    below = SAID.format(payload=payload.name) if operation == "mutation" else "__typename"
    head, call = (f"({variables})", f"({arguments})") if field.args else ("", "")
    return f"{operation} {head} {{ {name}{call} {{ {below} }} }}"


def places(kind: GraphQLInputType, *path: str) -> Iterator[tuple[str, ...]]:
    """Every place in an input in which a value may stand."""
    yield path
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType) and path[-1] not in {"and", "or"}:
        is_list = isinstance(get_nullable_type(kind), GraphQLList)
        for name, field in named.fields.items():
            if name not in {"and", "or"} or len(path) == 1:
                yield from places(field.type, *path, *(("0",) if is_list else ()), name)


def put(whole: Any, path: tuple[str, ...], value: Any) -> Any:
    """The same input with another value in one place."""
    if not path:
        return value
    if isinstance(whole, list):
        return [put(whole[0] if whole else {}, path[1:], value)]
    return {**whole, path[0]: put(whole.get(path[0], {}), path[1:], value)}


def _requests(name: str, field: GraphQLField | Any) -> Iterator[dict[str, Any]]:
    arguments: dict[str, GraphQLArgument | GraphQLInputField] = field.args
    whole = {key: example(one.type, full=True) for key, one in arguments.items() if key not in {"last", "before"}}
    for key, one in arguments.items():
        for path in places(one.type, key):
            # Each of these hashes a password, which takes its time on purpose.
            for value in WRONG[2::4] if name in {"logIn", "changePassword"} else WRONG:
                yield put(whole, path, value)
        if not is_required_argument(one):  # pyright: ignore[reportArgumentType]  (both kinds are asked alike)
            yield {other: value for other, value in whole.items() if other != key}
    yield {}
    yield {**whole, CANARY: 1}


@pytest.mark.parametrize("name", [*MUTATIONS, *QUERIES])
def test_a_wrong_value_in_any_place_gets_a_typed_answer_and_is_not_repeated(
    company: Company, lines: io.StringIO, name: str
) -> None:
    """wire.md, Traps: coercion errors print the whole input object; ours do not."""
    operation, field = ("mutation", MUTATIONS[name]) if name in MUTATIONS else ("query", QUERIES[name])
    text = document(operation, name, field)
    lines.seek(0)
    lines.truncate()
    with all_loggers() as everything:
        for variables in _requests(name, field):
            answer = company.ask("seller", text, **variables)
            assert answer.status in {200, 403}, (variables, answer.body)
            assert set(answer.codes) <= TYPED, (variables, answer.body)
            body = re.sub(r'"requestId":"[^"]*"', "", answer.raw.decode())
            assert not leaks(CANARY, body), (variables, body)
    logged = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\"at\":\"[^\"]*\"", "", lines.getvalue())
    assert not leaks(CANARY, logged)
    assert not leaks(CANARY, "\n".join(everything.texts))


def test_nothing_of_what_was_sent_stands_in_any_table_in_clear(company: Company) -> None:
    """leaks.md 46: keyed hashes and sealed values alone."""
    filed = company.file(
        "seller", f"名{CANARY}", CANARY, wechat=f"w{CANARY}", other=[{"name": "备注", "value": CANARY}]
    )
    company.do("seller", document("mutation", "checkConflict", MUTATIONS["checkConflict"]), phones=[CANARY])
    assert filed["claim"]
    tables = company.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    assert len(tables) > 20
    for table in tables:
        rows = company.sql(f"SELECT t::text AS row FROM {table['table_name']} t")
        digits = CANARY, CANARY[::-1], CANARY.encode().hex()
        found = [row["row"] for row in rows if any(one in row["row"] for one in digits)]
        assert found == [], table


def _literals(kind: GraphQLInputType, literal: str) -> Iterator[str]:
    """Write an input as a literal, once for each sealed place in it."""
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        yield from (f"[{one}]" for one in _literals(kind.of_type, literal))
    elif isinstance(kind, GraphQLInputObjectType):
        required = {name: _plain(field.type) for name, field in kind.fields.items() if is_required_input_field(field)}
        for name, field in kind.fields.items():
            for one in _literals(field.type, literal):
                yield "{" + ", ".join(f"{key}: {value}" for key, value in {**required, name: one}.items()) + "}"
    elif kind.name in {"SealedText", "Phone"}:
        yield literal


def _plain(kind: GraphQLInputType) -> str:
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        return "[]"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return {"Int": "1", "SealedText": "null", "Phone": "null"}.get(get_named_type(kind).name, '"x"')


SPELLED = [
    f"{{ {name}(input: {written}) {{ __typename }} }}"
    for name, field in MUTATIONS.items()
    for literal in (f'"{CANARY}"', CANARY, f'"""{CANARY}"""', f"[{CANARY}]", f'{{a: "{CANARY}"}}', f"X{CANARY}")
    for written in _literals(field.args["input"].type, literal)
]
NEAR = [
    f"{{ customer(id: 1) {{ nam x{CANARY} }} }}",
    f'mutation {{ revealContac(input: {{customer: "{CANARY}"}}) {{ __typename }} }}',
    f'{{ customer(ide: "{CANARY}") {{ id }} }}',
    f'{{ node(id: "{CANARY}") {{ ... on Custome {{ id }} }} }}',
    f"mutation {{ fileClaim(input: {{typ: CUSTOMER, phnoes: [{CANARY}]}}) {{ __typename }} }}",
    "mutation { fileClaim(input: {type: CUSTOMR}) { __typename } }",
    "query ($a: FileClaimInpt) { me { __typename } }",
    f'mutation {{ logIn(input: {{login: "x", passwrd: "{CANARY}"}}) {{ refusal {{ ... on Refusd {{ code }} }} }} }}',
    "{ customers(first: 1, ordr: FILED_AT_DESC) { nodes { id } } }",
    "{ me { staff { numbr } } }",
]


@pytest.mark.parametrize("text", [*(f"mutation {one}" for one in SPELLED), *NEAR])
def test_a_sealed_text_in_a_document_and_a_near_miss_are_refused_without_a_word_of_it(
    company: Company, lines: io.StringIO, text: str
) -> None:
    """leaks.md 3 to 5: literals for sealed scalars are refused; nobody is told what they may have meant."""
    with all_loggers() as everything:
        answer = company.ask("seller", text)
    assert answer.codes
    assert set(answer.codes) <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}
    body = re.sub(r'"requestId":"[^"]*"', "", answer.raw.decode())
    assert "Did you mean" not in body
    assert not leaks(CANARY, body)
    assert not leaks(CANARY, "\n".join(everything.texts))
    assert "extensions" in answer.body["errors"][0]
    for error in answer.body["errors"]:
        assert error["extensions"].keys() <= {"code", "requestId", "retryAfterMs"}


def test_there_are_literals_for_every_sealed_place() -> None:
    """A control."""
    assert len(SPELLED) > 100
    assert {name for name in MUTATIONS if any(f"{{ {name}(" in one for one in SPELLED)} == {
        "logIn", "changePassword", "findCustomers", "fileClaim", "completeFiling", "checkConflict", "settleRebate",
        "recordWalkIn",
    }  # fmt: skip
