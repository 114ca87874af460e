"""Check that the models say nothing which the migrations do not: `python -m records.migrations`."""

import asyncio
import sys

from records.connection import differences


def main() -> int:
    """Print each difference; 0 when there is none."""
    found = asyncio.run(differences())
    for difference in found:
        sys.stderr.write(f"models against migrations: {difference}\n")
    return 1 if found else 0


sys.exit(main())
