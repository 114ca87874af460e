"""The operator's command: `baobei`, or as a module `python -m api`.

What needs no book starts without the packages that keep one: a rehearsal is over before they would be loaded.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the first argument names."""
    try:
        if sys.argv[1:2] in (["rehearse"], ["rulebook"]):
            from api import rehearse  # noqa: PLC0415 - each command loads what it needs

            sys.exit(rehearse.run(sys.argv[1:]))
        from api import cli  # noqa: PLC0415 - as above

        cli.main()
    except KeyboardInterrupt:
        # Before a command has begun there is nothing to say.
        sys.exit(130)


if __name__ == "__main__":
    main()
