"""The one way in which hooks speak to people: plain lines on standard error."""

import sys


def tell(text: str) -> None:
    """Tell people one line; where nobody listens, nobody is told."""
    try:
        print(f"gitledger: {plain(text)}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def plain(text: str) -> str:
    """`text` as one line that no terminal takes for a command."""
    line = " ".join(text.split())
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in line)
