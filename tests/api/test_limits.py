"""What one document may ask for: each limit at its edge, fragments written out, and the time it takes to see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from graphql import get_introspection_query, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from api import limits
from api.documents import Documents, check
from api.limits import (
    MAX_ALIASES,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_FIELDS,
    MAX_INTROSPECTION_DEPTH,
    MAX_ROOT_FIELDS,
    MAX_TOKENS,
    Measured,
    measure,
)
from schema.errors import ErrorCode

if TYPE_CHECKING:
    from schema.errors import BaobeiSchema
    from tests.api.conftest import Client

TOO_COSTLY = Measured(ErrorCode.TOO_COSTLY)
FITS = Measured(None)


def nested(depth: int, field: str = "customer") -> str:
    """A field in a field, so many levels in all."""
    return f"{field} {{ " * (depth - 1) + "name" + " }" * (depth - 1)


def holds(template: str, most: int, part: str) -> None:
    """A document with the most that is allowed fits, and with one more it does not."""
    assert measure(parse(template % (part * most))).refusal is None
    assert measure(parse(template % (part * (most + 1)))).refusal is ErrorCode.TOO_COSTLY


def test_depth_counts_fields_from_the_root() -> None:
    """wire.md: depth ≤ 10."""
    assert measure(parse("{ " + nested(MAX_DEPTH) + " }")) == FITS
    assert measure(parse("{ " + nested(MAX_DEPTH + 1) + " }")) == TOO_COSTLY


def test_depth_goes_on_through_fragments() -> None:
    """Neither a spread nor an inline fragment is a level of its own."""
    parts = "{ customer { ... on Customer { ...A } } } fragment A on Customer { customer { ...B } } "
    assert measure(parse(parts + "fragment B on Customer { " + nested(MAX_DEPTH - 2) + " }")) == FITS
    assert measure(parse(parts + "fragment B on Customer { " + nested(MAX_DEPTH - 1) + " }")) == TOO_COSTLY


def test_questions_about_the_schema_have_a_depth_of_their_own() -> None:
    """wire.md: depth ≤ 10 and introspection depth."""
    deep = "{ __schema { types { " + nested(MAX_INTROSPECTION_DEPTH - 2, "ofType") + " } } }"
    assert measure(parse(deep)) == Measured(None, introspects=True)
    assert measure(parse(deep.replace("name", "ofType { name }"))) == TOO_COSTLY


def test_the_introspection_query_of_clients_fits(schema: BaobeiSchema) -> None:
    """What code generators and GraphiQL send."""
    query = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    assert check(schema.graphql, query).tree is not None


def test_a_fragment_counts_as_deep_as_it_is_spread() -> None:
    """One fragment, below a field of data and below `__schema`, under two limits."""
    fragment = " fragment F on T { " + nested(MAX_DEPTH - 1) + " }"
    assert measure(parse("{ a { ...F } __schema { ...F } }" + fragment)).refusal is None
    assert measure(parse("{ a { b { ...F } } }" + fragment)).refusal is ErrorCode.TOO_COSTLY
    assert measure(parse("{ __schema { b { ...F } } }" + fragment)).refusal is None


def test_aliases_root_fields_and_directives_are_counted() -> None:
    """wire.md: aliases ≤ 30, root fields ≤ 10, directives ≤ 50."""
    holds("{ customer { %s } }", MAX_ALIASES, "a: name ")
    holds("{ %s }", MAX_ROOT_FIELDS, "me ")
    holds("{ ... { %s } }", MAX_ROOT_FIELDS, "me ")
    holds("{ customer { %s } }", MAX_DIRECTIVES, "name @skip(if: true) ")
    holds("{ customer { name %s } }", MAX_DIRECTIVES, "@skip(if: true) ")
    holds("query %s { me }", MAX_DIRECTIVES, "@a ")
    holds("query ($a: Int %s) { me }", MAX_DIRECTIVES, "@a ")
    holds("{ ... %s { me } }", MAX_DIRECTIVES, "@a ")
    holds("{ ...F } fragment F on Query %s { me }", MAX_DIRECTIVES, "@a ")


def test_they_are_counted_after_fragments_are_spread() -> None:
    """wire.md: each counted after fragments are spread."""
    holds("{ customer { %s } } fragment F on Customer { a: name }", MAX_ALIASES, "...F ")
    holds("{ %s } fragment F on Query { me }", MAX_ROOT_FIELDS, "...F ")
    holds("{ %s } fragment F on Query { ...G } fragment G on Query { me }", MAX_ROOT_FIELDS, "...F ")
    holds("{ customer { %s } } fragment F on Customer { a @skip(if: true) }", MAX_DIRECTIVES, "...F ")


@pytest.mark.parametrize("field", ["revealContact", "checkConflict", "requestExport"])
def test_what_opens_or_probes_stands_alone_under_whatever_alias(field: str) -> None:
    """leaks: no. 33 and 70."""
    holds("mutation { %s }", 1, f"a: {field}(input: $i) ")
    holds("mutation { logIn %s } fragment F on Mutation { x: " + field + " }", 1, "...F ")
    assert measure(parse("mutation { revealContact x: checkConflict }")) == TOO_COSTLY
    assert measure(parse(f"mutation {{ {field} logIn fileClaim }}")) == FITS


def test_every_operation_of_a_document_has_to_fit() -> None:
    """Which of them is executed is not known when the document is read, nor kept with it."""
    assert measure(parse("query A { me } query B { " + "me " * 11 + "}")) == TOO_COSTLY


def test_fragments_say_no_more_than_a_document_could_spell() -> None:
    """Without it 1 kB says a billion fields within depth, aliases and root fields."""
    levels = "".join(
        f"fragment F{n} on C {{ " + "".join(f"{name} {{ ...F{n + 1} }} " for name in "abcd") + "} " for n in range(6)
    )
    wide = "{ ...F0 } " + levels + "fragment F6 on C { name }"
    assert len(wide) < 600
    assert MAX_FIELDS < 4**6
    assert measure(parse(wide)) == TOO_COSTLY
    assert measure(parse(wide.replace("{ ...F0 }", "{ ...F2 }"))) == FITS


@pytest.mark.parametrize(
    "document",
    [
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ me } fragment A on Query { customer { ...B } } fragment B on Customer { customer { ...A } }",
    ],
)
def test_fragments_in_a_circle_are_refused(client: Client, document: str) -> None:
    """GraphQL, section 5.5.2.2; nothing walks them."""
    assert measure(parse(document)) == Measured(ErrorCode.GRAPHQL_VALIDATION_FAILED)
    answer = client.ask(document)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


BOMBS = {
    "doubling fragments": "{ ...F0 } "
    + "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(150))
    + "fragment F150 on Query { me }",
    "doubling fields": "{ ...F0 } "
    + "".join(f"fragment F{n} on Query {{ a {{ ...F{n + 1} }} b {{ ...F{n + 1} }} }} " for n in range(110))
    + "fragment F110 on Query { me }",
    "one field, again and again": "{ customer { " + "phone(tail: 1) " * 300 + "} }",
    "nested again and again": "{ customer { " + "customer { customer { name } } " * 250 + "} }",
    "fragments against each other": "{ customer { "
    + "".join(f"...F{n} " for n in range(115))
    + "} } "
    + "".join(f"fragment F{n} on Customer {{ customer {{ name phone }} }} " for n in range(115)),
    "inline fragments": "{ customer { " + "... on Customer { customer { name } } " * 200 + "} }",
    "deep fields": "{ " + nested(190) + " }",
    "too deep fields": "{ " + nested(900) + " }",
    "deep list": "{ customer(name: " + "[" * 900 + "]" * 900 + ") { name } }",
    "unknown fields": "{ customer { " + "".join(f"nam{n} " for n in range(1900)) + "} }",
    "many tokens": "{ " + "me " * 20_000 + "}",
    "one comment": "#" * 60_000 + "\n{ me }",
    "many comments": "#\n" * 30_000 + "{ me }",
    "long string": '{ customer(name: "' + "x" * 60_000 + '") { name } }',
    "commas": "," * 60_000 + "{ me }",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_no_document_takes_long_to_judge(schema: BaobeiSchema, bomb: str) -> None:
    """wire.md: strawberry's own limiters took 2.3 s for 684 bytes. Measured: 0.15 s at most; the bound is generous."""
    begun = time.process_time()
    check(schema.graphql, bomb)
    assert time.process_time() - begun < 1


def test_comparing_fields_would_take_seconds(schema: BaobeiSchema) -> None:
    """A control: the library's own limit on comparisons is ten times ours."""
    assert limits.overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET == limits.MAX_COMPARISONS
    refusals = check(schema.graphql, BOMBS["one field, again and again"]).refusals
    assert [refusal.code for refusal in refusals] == [ErrorCode.TOO_COSTLY]


def test_tokens_are_counted_while_reading(schema: BaobeiSchema) -> None:
    """wire.md: tokens ≤ 2,000."""
    around = len(["{", "customer", "(", "name", ":", "[", "]", ")", "}"])
    most = "{ customer(name: [" + "1 " * (MAX_TOKENS - around) + "]) }"
    assert {refusal.code for refusal in check(schema.graphql, most).refusals} == {ErrorCode.GRAPHQL_VALIDATION_FAILED}
    refusals = check(schema.graphql, most.replace("1", "1 1", 1)).refusals
    assert [refusal.code for refusal in refusals] == [ErrorCode.TOO_COSTLY]


@given(st.text(alphabet='{}()[]:$@!.,#"\\ab1\n ', max_size=200))
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_document_is_judged(schema: BaobeiSchema, text: str) -> None:
    """Never an exception: a document fits, or has a code of the list."""
    checked = check(schema.graphql, text)
    assert (checked.tree is None) == bool(checked.refusals)


def test_a_document_is_judged_once(schema: BaobeiSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    """wire.md: cache by `sha256(document)`, AST and the result of validation and limits."""
    documents = Documents(schema.graphql)
    first, wrong = documents.checked("{ me }"), documents.checked("{ you }")
    monkeypatch.setattr("api.documents.check", None)
    assert documents.checked("{ me }") is first
    assert documents.checked("{ you }") is wrong
    assert len(documents) == 2


def test_what_is_kept_is_bounded(schema: BaobeiSchema) -> None:
    """The longest unused goes first; one that alone is too long is not kept."""
    documents = Documents(schema.graphql, kept=100)
    kept = documents.checked("{ me }")
    for number in range(50):
        documents.checked(f"{{ me }} # {number}")
        documents.checked("{ me }")
        assert documents.length <= 100
    assert documents.checked("{ me }") is kept
    documents.checked("{ me }" + " " * 200)
    assert (len(documents), documents.length) == (0, 0)


def test_a_known_document_shows_nothing(schema: BaobeiSchema) -> None:
    """A literal in it may be somebody's name."""
    assert "Zhang" not in repr(check(schema.graphql, '{ customer(name: "Zhang") { name } }'))
