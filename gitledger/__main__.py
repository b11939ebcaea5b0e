"""`python -m gitledger` is the program."""

from gitledger.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
