"""`python -m deckard_cli` is `deckard`."""

from deckard_cli.cli import main

if __name__ == "__main__":
    main()
