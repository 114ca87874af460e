"""The operator's command as a module: `python -m api`."""

from api.cli import main

main()
