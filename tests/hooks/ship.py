"""Write the digests of the hooks as they are into `hookfiles.SHIPPED`, in place of those of the same version.

    python -m tests.hooks.ship

A change of the hooks after a release needs a new version in the first lines of each file; digests of versions that were
released stay, for by them `hooks uninstall` knows its own files.
"""

from hashlib import sha256
from pathlib import Path

import re

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "gitledger/ledger/hookfiles.py"


def main() -> None:
    """Rewrite the part of the table that is about the current version; begin one where there is none."""
    files = sorted((ROOT / "hooks").iterdir())
    [version] = {re.search(rb"# gitledger hook, version (\d+)", path.read_bytes())[1].decode() for path in files}
    head = f"        # version {version}\n"
    lines = "".join(f'        "{sha256(path.read_bytes()).hexdigest()}",  # {path.name}\n' for path in files)
    text = TABLE.read_text()
    known = re.sub(re.escape(head) + r'(?:        ".*\n)*', "", text)
    TABLE.write_text(known.replace("    }\n)\n", head + lines + "    }\n)\n", 1))


if __name__ == "__main__":
    main()
