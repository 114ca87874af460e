"""Rows collide by whole phones, and may collide by what hidden digits leave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from records.canonical import Phone, parse_phones, prefix_of
from records.conflicts import ConflictFinder

PHONES = st.builds(
    lambda prefix, last: Phone(f"+86138001{prefix}{last}"),
    st.sampled_from("012"),
    st.sampled_from(["0000", "0001", "****"]),
)


def collisions(*cells: str) -> tuple[list[tuple[int, int]], list[int]]:
    """Add one row a cell."""
    finder = ConflictFinder()
    for row, cell in enumerate(cells, start=1):
        finder.add(row, parse_phones(cell).phones)
    return finder.conflicts, finder.possible


def test_a_row_is_in_conflict_with_the_earliest_that_has_one_of_its_phones() -> None:
    """Any of its numbers; an extension does not count."""
    assert collisions("13800138000", "13900139000转1", "13900139000 138-0013-8000") == ([(3, 1)], [])
    assert collisions("021-69937686转673", "021-69937686转674") == ([(2, 1)], [])
    assert collisions("13800138000 13800138000") == ([], [])


def test_a_hidden_number_may_be_any_that_agrees_with_the_rest() -> None:
    """A7: either of the two hides them; two whole numbers that differ are two customers."""
    assert collisions("13800138000", "1380013****") == ([], [2])
    assert collisions("1380013****", "13800138000") == ([], [2])
    assert collisions("1380013****", "1380013****") == ([], [2])
    assert collisions("13800138000", "13800139999") == ([], [])
    assert collisions("13800138000", "1380013****", "13800138000") == ([(3, 1)], [2, 3])
    assert collisions("13800138000 1380013****") == ([], [])
    assert collisions("0571-6568****", "0571-65683350") == ([], [2])


@given(st.lists(st.lists(PHONES, max_size=3), max_size=12))
def test_it_finds_what_comparing_every_pair_finds(rows: list[list[Phone]]) -> None:
    """The definition, row against row."""
    finder = ConflictFinder()
    conflicts, possible = [], []
    for row, phones in enumerate(rows):
        finder.add(row, phones)
        shared = [
            at for at, others in enumerate(rows[:row]) if any(not phone.hidden and phone in others for phone in phones)
        ]
        if shared:
            conflicts.append((row, shared[0]))
        if any(
            prefix_of(phone) == prefix_of(other) and (phone.hidden or other.hidden)
            for phone in phones
            for others in rows[:row]
            for other in others
        ):
            possible.append(row)
    assert (finder.conflicts, finder.possible) == (conflicts, possible)
