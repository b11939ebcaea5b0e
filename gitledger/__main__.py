"""`python -m gitledger` is the program."""

from gitledger.cli.main import script

if __name__ == "__main__":
    script()
