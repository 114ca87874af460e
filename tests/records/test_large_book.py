"""A book of many facts verifies, and whatever is planted in it behind everybody's back is found, no more and no less.

`SOAK_FACTS` says how many facts (scripts/soak: 200,000); a register's row is two.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from authz.actor import Role
from tests.records.book import PEOPLE
from tests.records.registers import row, staff_roll, taken, written
from tests.records.test_verification import PLANTED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.records.book import Book

pytestmark = pytest.mark.anyio
FACTS = int(os.environ.get("SOAK_FACTS", "2000"))
NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
SELLERS = sorted(one.number for one in PEOPLE if one.role is Role.SALESPERSON)
PLANTS = [words for words, (_, form, what, whose, _) in PLANTED.items() if "{linked}" not in form + what + whose][:10]
PLAIN = """
SELECT f.customer_id AS held, f.id AS filing
FROM (SELECT customer_id, (array_agg(id))[1] AS id FROM filing GROUP BY customer_id HAVING count(*) = 1) f
JOIN customer c ON c.id = f.customer_id AND c.root_id = c.id
JOIN (SELECT customer_id FROM holding GROUP BY customer_id
    HAVING count(*) = 1 AND bool_and(until_at IS NULL AND protected_until IS NOT NULL
        AND staff_id <> (SELECT id FROM staff WHERE number = 'S012'))) h ON h.customer_id = c.id
JOIN (SELECT filing_id FROM claim_state GROUP BY filing_id HAVING count(*) = 1) s ON s.filing_id = f.id
ORDER BY md5(f.id::text) LIMIT $1
"""
"""Customers of one filing, one holding and one state: what is planted there is one row, and another than was there."""


def _rows(count: int) -> Iterator[dict[str, str]]:
    """Write two years of a front desk; one row in three is of somebody who was there before."""
    draw = random.Random(20260401)  # noqa: S311 (a register, no secret)
    known: list[str] = []
    for number in range(count):
        if known and draw.random() < 1 / 3:
            phone = draw.choice(known)
        else:
            phone = f"139{number:08}"
            known.append(phone)
        at = datetime(2024, 1, 1, 9, tzinfo=UTC) + timedelta(minutes=number * 1_000_000 // count)
        yield row(phone, 登记日期=f"{at:%Y-%m-%d}", 登记时间=f"{at:%H:%M}", 工号=draw.choice(SELLERS))


async def test_ten_planted_differences_are_found_in_a_large_book_and_nothing_else(
    new_book: Book, tmp_path: Path
) -> None:
    """The control first: nothing is found before they are planted."""
    book = new_book
    register = written(tmp_path / "register.csv", _rows(FACTS // 2))
    report = await taken(book, register, staff_roll(tmp_path / "staff.csv"), now=NOW)
    assert (report.accepted, await book.value("SELECT count(*) FROM fact")) == (FACTS // 2, FACTS // 2 * 2)
    await book.administer("INSERT INTO team (id, name) VALUES (gen_random_uuid(), '黄队')", "ANALYZE")
    connection = await asyncpg.connect(book.url)
    # The planner takes each group for one row, and would walk all of them for each.
    await connection.execute("SET enable_nestloop = off")
    plain = await connection.fetch(PLAIN, len(PLANTS))
    await connection.close()
    assert await book.differences() == []
    expected: Counter[tuple[str, object]] = Counter()
    for words, names in zip(PLANTS, plain, strict=True):
        table, form, what, whose, number = PLANTED[words]
        statement = form.format(table=table, what=what, whose=whose)
        for name, one in names.items():
            statement = statement.replace(f"{{{name}}}", str(one))
        await book.administer(statement)
        expected[table, names["filing" if table == "claim_state" else "held"]] = number
    found = Counter((one.table, one.about) for one in await book.differences())
    assert found == expected
    assert len(expected) == len(PLANTS) == 10
