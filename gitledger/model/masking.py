"""Secrets in what a program was given or has printed, replaced before anything of it is recorded (design §10).

What counts: the values of environment variables that are named like secrets, and texts of well-known form.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import re

MASK = b"***"
# A shorter value stands in too many texts by chance, and masking it would tell more than it hides.
SHORTEST = 6
# Of a longer line the pieces are masked one by one, so that a stream needs little memory.
LONGEST_LINE = 1 << 16
LONGEST_KEY = 1 << 14

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PWD|KEY|APIKEY|CREDENTIALS?|AUTH|COOKIE|BEARER|DSN|PAT)S?(?:_|$)"
    r"|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|APIKEY|ACCESSKEY|PRIVATEKEY",
    re.IGNORECASE,
)
# Variables that fit the names above and hold places or switches, no secrets.
_NO_SECRETS = frozenset({"PWD", "OLDPWD", "SSH_AUTH_SOCK", "GPG_AGENT_INFO", "XAUTHORITY", "GIT_ASKPASS", "SSH_ASKPASS"})
_HARMLESS = frozenset({"true", "false", "enabled", "disabled", "default", "required", "optional", "always", "prompt"})


class _Rule(NamedTuple):
    """A form of secrets. Without one of the `signs` (lower case) in it, no text holds one: most are told by that alone.

    What the group `kept` matches stays.
    """

    signs: tuple[bytes, ...]
    pattern: re.Pattern[bytes]


def _rule(signs: str, pattern: bytes, flags: int = 0) -> _Rule:
    with_group = pattern if b"?P<kept>" in pattern else rb"(?P<kept>)" + pattern
    return _Rule(tuple(sign.encode() for sign in signs.split()), re.compile(with_group, flags))


_RULES = (
    # What a program prints of its own accord: each has a beginning or a form that nothing else has.
    _rule("akia asia abia acca", rb"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"),  # AWS key ids
    _rule("ghp_ gho_ ghu_ ghs_ ghr_", rb"\bgh[pousr]_[A-Za-z0-9]{20,255}\b"),  # GitHub
    _rule("github_pat_", rb"\bgithub_pat_[A-Za-z0-9_]{20,255}\b"),
    _rule(  # GitLab
        "glpat- glptt- gldt- glrt- glcbt- glsoat- glft- gloas- glagent-",
        rb"\bgl(?:pat|ptt|dt|rt|cbt|soat|ft|oas|agent)-[A-Za-z0-9_-]{16,255}",
    ),
    _rule("xox", rb"\bxox[abeoprs]-[A-Za-z0-9-]{10,255}"),  # Slack
    _rule("xapp-", rb"\bxapp-[0-9]-[A-Za-z0-9-]{10,255}"),
    _rule("hooks.slack.com", rb"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,255}"),
    _rule("sk-", rb"\bsk-[A-Za-z0-9_-]{20,255}"),  # several AI services
    _rule("k_live_ k_test_", rb"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}\b"),  # Stripe
    _rule("aiza ya29.", rb"\b(?:AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,1000})"),  # Google
    _rule("npm_", rb"\bnpm_[A-Za-z0-9]{36}\b"),
    _rule("pypi-", rb"\bpypi-[A-Za-z0-9_-]{50,500}"),
    _rule("dckr_pat_", rb"\bdckr_pat_[A-Za-z0-9_-]{20,100}"),
    _rule("hf_", rb"\bhf_[A-Za-z0-9]{30,100}\b"),
    _rule("sg.", rb"\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"),  # SendGrid
    _rule("dop_v1_", rb"\bdop_v1_[a-f0-9]{64}\b"),
    _rule("age-secret-key-", rb"\bAGE-SECRET-KEY-1[0-9A-Z]{50,70}"),
    _rule("eyj", rb"\beyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,4000}(?:\.[A-Za-z0-9_-]{0,2000})?"),  # JSON web tokens
    # A name or a word that says that a secret follows.
    _rule("bearer basic token", rb"(?P<kept>\b(?:Bearer|Basic|Token)[ \t]+)[A-Za-z0-9+/_.~=-]{12,4000}", re.IGNORECASE),
    _rule("://", rb"(?P<kept>\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@'\"]{0,200}:)[^\s/@'\"]{1,400}(?=@)", re.IGNORECASE),
    _rule(
        "token secret passw passphrase key credential",
        rb"(?P<kept>(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?"
        rb"[\"']?[ \t]{0,3}(?::|=>?)[ \t]{0,3}[\"']?)[^\s\"',;&]{6,4000}",
        re.IGNORECASE,
    ),
    _rule(
        "-token -secret -passw -passphrase -api -access -auth",
        rb"(?P<kept>--?(?:token|secret|password|passwd|passphrase|api-?key|access-?key|secret-?key|auth)[= ])[^\s]{3,4000}",
        re.IGNORECASE,
    ),
)
_KEY_BEGINS = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)?-----")
_KEY_ENDS = re.compile(rb"-----END [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)?-----")


def secret_values(environ: Mapping[str, str]) -> list[bytes]:
    """The values of the variables that are named like secrets, longest first, as bytes of the environment."""
    values = {
        line.strip().encode("utf-8", "surrogateescape")
        for name, value in environ.items()
        if _SECRET_NAME.search(name) and name not in _NO_SECRETS
        for line in value.splitlines()
        if _can_be_secret(line.strip())
    }
    return sorted(values, key=lambda value: (-len(value), value))


def _can_be_secret(value: str) -> bool:
    shortest = SHORTEST + 2 if value.isdecimal() else SHORTEST  # a limit on tokens is no token
    return len(value) >= shortest and value.lower() not in _HARMLESS


class Masker:
    """Masks bytes, whole ones with `mask`, or as they come with `feed` and `close`."""

    def __init__(self, values: Iterable[bytes] = ()) -> None:
        self._values = list(values)
        self._any_value = re.compile(b"|".join(map(re.escape, self._values)))
        self._rest = b""
        self._is_in_key = False
        self._hidden = 0

    def mask(self, data: bytes) -> bytes:
        """`data`, masked by itself."""
        whole = Masker(self._values)
        return whole.feed(data) + whole.close()

    def feed(self, data: bytes) -> bytes:
        """What can be told already of a stream that goes on: all whole lines. At most one line is held back."""
        data = self._rest + data
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        if len(data) - end > LONGEST_LINE:
            # No secret is so long: what is near the end may be cut in two, and waits.
            half = len(data) - LONGEST_LINE // 2
            end = data.rfind(b" ", 0, half) + 1 or half
        self._rest = data[end:]
        return self._lines(data[:end])

    def close(self) -> bytes:
        """What is left at the end."""
        rest, self._rest = self._rest, b""
        return self._lines(rest)

    def _lines(self, data: bytes) -> bytes:
        """`data` without private keys, which span lines, and masked otherwise."""
        if not self._is_in_key and b"PRIVATE KEY" not in data:
            return self._plain(data)
        made = []
        while data:
            edge = (_KEY_ENDS if self._is_in_key else _KEY_BEGINS).search(data)
            if self._is_in_key:
                end = edge.end() if edge else min(len(data), LONGEST_KEY - self._hidden)
                self._hidden += end
                # What has no end was no key, but a text about keys.
                self._is_in_key = edge is None and self._hidden < LONGEST_KEY
                data = data[end:]
            else:
                made.append(self._plain(data[: edge.start()] if edge else data))
                if edge:
                    made.append(MASK)
                data = data[edge.end() :] if edge else b""
                self._is_in_key, self._hidden = edge is not None, 0
        return b"".join(made)

    def _plain(self, data: bytes) -> bytes:
        if any(value in data for value in self._values):
            data = self._any_value.sub(MASK, data)
        lowered = data.lower()
        rules = [rule for rule in _RULES if any(sign in lowered for sign in rule.signs)]
        return b"".join(_masked(line, rules) for line in data.splitlines(keepends=True)) if rules else data


def _masked(line: bytes, rules: list[_Rule]) -> bytes:
    lowered = line.lower()
    for rule in rules:
        if any(sign in lowered for sign in rule.signs):
            line = rule.pattern.sub(rb"\g<kept>" + MASK, line)
    return line


_SECRET_OPTION = re.compile(
    r"--?(?:token|secret|password|passwd|passphrase|pass|api-?key|access-?key|secret-?key|auth|bearer|user:pass)", re.IGNORECASE
)


def mask_argv(argv: Iterable[str], masker: Masker) -> list[str]:
    """An argument list with its secrets masked; what follows an option named like a secret is one."""
    masked: list[str] = []
    is_secret = False
    for word in argv:
        shown = masker.mask(word.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")
        masked.append(MASK.decode() if is_secret and not word.startswith("-") else shown)
        is_secret = _SECRET_OPTION.fullmatch(word) is not None
    return masked
