"""SHA-256 from Python's own module: `hashlib` loads OpenSSL, which costs a short command more than all that it hashes.

`random` of the standard library does the same.
"""

try:
    from _sha2 import sha256  # type: ignore[import-not-found]  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

__all__ = ["sha256"]
