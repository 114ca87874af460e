"""Who is one customer: filings that share a whole phone, a WeChat id or a 统一社会信用代码.

- Before looking, an act locks the values it looks for, in one order, until its transaction ends; the look-up is a
  statement of its own behind the lock, so of two filings at one instant the second sees the first.
- A filing that several customers match makes them one: the oldest is the root, of a completion its own customer;
  each link is a fact. Those whom somebody parted stay apart (`records.linking`).
- Whoever changes what is decided of a customer holds the root's row; a root that was linked meanwhile is found anew.
- A customer who was erased is nobody's any more: filed again, the same person is another customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from records.erasure import Erased, erased_among, refuse_erased
from records.histories import LINK
from records.keys import IDENTITY
from records.queries import customer_to_act_on
from records.tokens import to_be_written, tokens_of_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from tortoise.backends.base.client import TransactionalDBClient

    from authz.acts import Act
    from crypto.envelope import OwnCipher
    from records.connection import Fetch
    from records.desk import Desk
    from records.facts import Addition
    from records.forms import Form
    from records.keys import Keys
    from records.tokens import Token

_LOCK = "SELECT count(pg_advisory_xact_lock(key)) FROM (SELECT key FROM unnest($1::bigint[]) AS t(key) ORDER BY key) s"
_MATCH = """
SELECT t.place, c.root_id, min(r.created_at) AS created_at
FROM unnest($1::integer[], $2::smallint[], $3::integer[], $4::smallint[], $5::bytea[])
    AS t(place, index, key_id, normaliser, token)
JOIN blind_index b USING (index, key_id, normaliser, token)
JOIN customer c ON c.id = b.customer_id JOIN customer r ON r.id = c.root_id
GROUP BY t.place, c.root_id
"""
_ROOT = "SELECT id, root_id FROM customer WHERE id = ANY($1)"
# Whoever only names a customer (a row of the log, a new fact) need not wait for an act on it: no key changes.
_HOLD = "SELECT id, root_id FROM customer WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
_APART = """
SELECT a.root_id AS one, b.root_id AS other FROM customer_apart x
JOIN customer a ON a.id = x.customer_id JOIN customer b ON b.id = x.other_id
WHERE a.root_id = ANY($1) AND b.root_id = ANY($1) AND a.root_id <> b.root_id
"""
_LINK = "UPDATE customer SET root_id = $1 WHERE root_id = $2"


async def lock_values(fetch: Fetch, tokens: Iterable[Token]) -> None:
    """Wait for everybody who files one of these values, and keep others waiting until this transaction ends."""
    numbers = {int.from_bytes(token.token[:8], signed=True) for token in tokens}
    if numbers:
        await fetch(_LOCK, [sorted(numbers)])


async def match(fetch: Fetch, tokens: Sequence[Token]) -> dict[int, list[UUID]]:
    """Find the customers (roots, the oldest first) that have one of the values, for each place that asks."""
    if not tokens:
        return {}
    rows = await fetch(
        _MATCH,
        [
            [token.place for token in tokens],
            [token.index for token in tokens],
            [token.key for token in tokens],
            [token.normaliser for token in tokens],
            [token.token for token in tokens],
        ],
    )
    found: dict[int, list[UUID]] = {}
    for row in sorted(rows, key=lambda row: (row["created_at"], row["root_id"])):
        found.setdefault(row["place"], []).append(row["root_id"])
    return found


async def make_one(fetch: Fetch, absorbed: UUID, root: UUID) -> None:
    """Make a customer, with all its parts, part of another; both roots' rows are locked by the caller."""
    await fetch(_LINK, [root, absorbed])


async def _apart(fetch: Fetch, roots: set[UUID]) -> set[frozenset[UUID]]:
    """Give which of some roots somebody's word keeps apart, pair by pair."""
    if len(roots) < 2:  # noqa: PLR2004 (a pair)
        return set()
    return {frozenset((row["one"], row["other"])) for row in await fetch(_APART, [list(roots)])}


async def hold_roots(fetch: Fetch, customers: Iterable[UUID]) -> dict[UUID, UUID]:
    """Lock the roots of customers against every other act on them; tell which root each customer has."""
    wanted = list(dict.fromkeys(customers))
    while True:
        roots: dict[UUID, UUID] = {row["id"]: row["root_id"] for row in await fetch(_ROOT, [wanted])}
        held = await fetch(_HOLD, [list(dict.fromkeys(roots.values()))])
        # A root that was linked while this waited is no root any more.
        if all(row["root_id"] == row["id"] for row in held):
            return roots


async def held_customer(fetch: Fetch, desk: Desk, act: Act, reference: str) -> UUID | None:
    """Lock the customer (root) that a reference names, if it is within the actor's reach by an act."""
    customer = await customer_to_act_on(fetch, desk, act, reference)
    return None if customer is None else await hold_living(fetch, customer)


async def hold_living(fetch: Fetch, customer: UUID) -> UUID:
    """Lock the root of a customer and give it; one who was erased is `Erased`."""
    root = (await hold_roots(fetch, [customer]))[customer]
    await refuse_erased(fetch, root)
    return root


@dataclass(frozen=True, slots=True)
class Placed:
    """The customer that a form is of, the cipher of its key, and the tokens of all that the form is found by."""

    customer: UUID
    cipher: OwnCipher
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where each of several forms belongs; `links` are customers that turned out to be one: (taken in, root)."""

    placed: list[Placed]
    links: list[tuple[UUID, UUID]]

    def roots(self) -> set[UUID]:
        """Give every customer of which something must be decided anew."""
        return {place.customer for place in self.placed} | {one for pair in self.links for one in pair}


async def write_at(connection: TransactionalDBClient, addition: Addition, places: Places, *, by: UUID | None) -> None:
    """Write what was added at these places, and make customers one where a form showed that they are."""
    for absorbed, root in places.links:
        addition.add_fact(LINK, absorbed, at=addition.now, by=by, details={"into": root.hex})
    await addition.write(connection)
    for absorbed, root in places.links:
        await make_one(connection.execute_query_dict, absorbed, root)


async def place(
    fetch: Fetch, keys: Keys, addition: Addition, forms: Sequence[Form], *, known: Sequence[UUID | None] = ()
) -> Places:
    """Find or add the customer of each form, those before it in the sequence seen; locks values and roots.

    `known` says of which customer a form is whatever it matches, as for what completes a filing.
    """
    tokens = tokens_of_each(keys, (form.index_entries(all_versions=True) for form in forms))
    identities = [[token for token in mine if token.index in IDENTITY] for mine in tokens]
    # Picked by the keys by which the others are looked for, before anything is awaited: if a key moves from here on,
    # the database refuses these, and nobody who filed under a newer key was overlooked.
    written = [to_be_written(keys, mine) for mine in tokens]
    asked = [token for tokens in identities for token in tokens]
    await lock_values(fetch, asked)
    matched = await match(fetch, asked)
    involved = {root for roots in matched.values() for root in roots} | {one for one in known if one is not None}
    roots = await hold_roots(fetch, involved)
    # Whoever was erased while this waited for them is found by nothing any more.
    gone = await erased_among(fetch, set(roots.values()))
    if any(one is not None and roots[one] in gone for one in known):
        raise Erased
    matched = {number: [root for root in found if roots[root] not in gone] for number, found in matched.items()}
    ciphers = await keys.ciphers_of(set(roots.values()), fetch, to_seal=True)
    apart = await _apart(fetch, set(roots.values()))
    places = Places([], [])
    taken_in: dict[UUID, UUID] = {}
    here: dict[tuple[int, int, int, bytes], UUID] = {}
    for number in range(len(forms)):
        given = known[number] if number < len(known) else None
        slots = [(token.index, token.key, token.normaliser, token.token) for token in identities[number]]
        candidates = [
            *([roots[given]] if given is not None else ()),
            *(roots[root] for root in matched.get(number, ())),
            *(here[slot] for slot in slots if slot in here),
        ]
        found = list(dict.fromkeys(_followed(taken_in, one) for one in candidates))
        if not found:
            customer, ciphers[customer] = addition.add_customer()
        else:
            customer = found[0]
            for one in found[1:]:
                if frozenset((one, customer)) in apart:
                    continue
                taken_in[one] = customer
                places.links.append((one, customer))
        here.update(dict.fromkeys(slots, customer))
        places.placed.append(Placed(customer, ciphers[customer], written[number]))
    return places


def _followed(taken_in: Mapping[UUID, UUID], customer: UUID) -> UUID:
    while customer in taken_in:
        customer = taken_in[customer]
    return customer
