"""Secrets never reach the ledger: by the names of variables, and by their form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitledger.model.masking import LONGEST_KEY, LONGEST_LINE, MASK, Masker, mask_argv, secret_values

KEY = b"-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nq83vEjRWeJA=\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "name",
    [
        *("TOKEN", "GITHUB_TOKEN", "npm_token", "MY_SECRET", "DB_PASSWORD", "PASSWD", "PGPASSWORD", "MYSQL_PWD", "API_KEY"),
        *("AWS_SECRET_ACCESS_KEY", "OPENAI_APIKEY", "GOOGLE_CREDENTIALS", "BASIC_AUTH", "SESSION_COOKIE", "SENTRY_DSN", "GH_PAT"),
    ],
)
def test_variables_named_like_secrets(name):
    assert secret_values({name: "hunter22"}) == [b"hunter22"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("PWD", "/home/ada/work"), ("SSH_AUTH_SOCK", "/run/agent.1"), ("HOME", "/home/ada"), ("KEYBOARD", "qwertz-de")),
        *(("TOKENIZERS_PARALLELISM", "false"), ("MAX_TOKENS", "200000"), ("TOKEN", ""), ("TOKEN", "abc"), ("PATH", "/usr/bin:/bin")),
        *(("AUTHOR", "Ada Example"), ("MONKEY", "Coco the monkey"), ("COMPASS", "north-east")),
    ],
)
def test_variables_that_hold_none(name, value):
    assert secret_values({name: value}) == []


def test_a_value_of_several_lines_counts_line_by_line_and_the_longest_goes_first():
    values = secret_values({"TLS_KEY": "first-line\nsecond-longer-line\n", "TOKEN": "first-line-and-more"})
    assert values == [b"first-line-and-more", b"second-longer-line", b"first-line"]
    assert Masker(values).mask(b"first-line-and-more first-line") == b"*** ***"


@pytest.mark.parametrize(
    "secret",
    [
        *("AKIAIOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9, "github_pat_" + "a1B2_" * 10, "glpat-" + "x" * 20, "xoxb-123456789012-abcdef"),
        *("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX", "sk-proj-" + "abcd1234" * 4, "sk_live_" + "abcd1234" * 3),
        *("AIza" + "a" * 35, "npm_" + "a" * 36, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0", "hf_" + "a" * 34),
    ],
)
def test_secrets_known_by_their_form(secret):
    masked = Masker().mask(f"before {secret} after, ({secret})\n".encode())
    assert masked == b"before *** after, (***)\n"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abcdefghijkl123", "Authorization: Bearer ***"),
        ("postgres://ada:hunter2@db.example.org/x", "postgres://ada:***@db.example.org/x"),
        ("https://example.org:8080/a@b", "https://example.org:8080/a@b"),
        ('{"password": "hunter22", "user": "ada"}', '{"password": "***", "user": "ada"}'),
        ("API_KEY=0123456789abcdef", "API_KEY=***"),
        ("curl --token abcdef x", "curl --token *** x"),
        ("mysql --password=hunter2", "mysql --password=***"),
        ("3 passed in 0.12s", "3 passed in 0.12s"),
        ("the key to success", "the key to success"),
        ("commit 1234567890123456789012345678901234567890", "commit 1234567890123456789012345678901234567890"),
    ],
)
def test_what_follows_a_telling_word(text, masked):
    assert Masker().mask(text.encode()).decode() == masked


def test_a_private_key_goes_as_a_whole():
    assert Masker().mask(b"a\n" + KEY + b"\nb " + KEY + b" c") == b"a\n***\nb *** c"


def test_a_text_about_keys_that_never_ends_does_not_hide_the_rest():
    output = b"-----BEGIN PRIVATE KEY-----\n" + b"x" * LONGEST_KEY + b"the rest\n"
    assert Masker().mask(output).endswith(b"the rest\n")


def test_an_argument_list():
    masker = Masker([b"hunter22"])
    argv = ["curl", "-H", "Authorization: Bearer abcdefghijkl123", "--token", "short", "--password", "-v", "x=hunter22", "a\nb"]
    assert mask_argv(argv, masker) == [
        *("curl", "-H", "Authorization: Bearer ***", "--token", "***", "--password", "-v", "x=***", "a\nb")
    ]
    assert mask_argv(["caf\udce9"], masker) == ["caf\ufffd"]


# ---------------------------------------------------------------------------------------------- as it comes

SECRETS = [b"hunter22", b"s3cr\xc3\xa9t-value"]
PIECES = st.sampled_from([*SECRETS, KEY, b"ghp_" + b"a1B2" * 9, b"\n", b"\r\n", b" ", b"text", b"token=", b"\xff\x00", b"://a:b@c"])


@given(st.lists(PIECES, max_size=30), st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_it_does_not_matter_in_which_pieces_it_comes(pieces, sizes):
    whole = b"".join(pieces)
    masker, at, made = Masker(SECRETS), 0, b""
    for size in sizes * (len(whole) // sum(sizes) + 1):
        made += masker.feed(whole[at : at + size])
        at += size
    made += masker.close()
    assert at >= len(whole)
    assert made == Masker(SECRETS).mask(whole)
    assert not any(secret in made for secret in SECRETS)
    assert b"MIIEow" not in made


@given(st.lists(PIECES, max_size=20))
def test_what_is_masked_stays_masked(pieces):
    once = Masker(SECRETS).mask(b"".join(pieces))
    again = Masker(SECRETS).mask(once)
    assert not any(secret in again for secret in SECRETS)
    assert again.count(MASK) <= once.count(MASK) + once.count(b"=")


def test_a_line_without_end_is_not_held_back_for_ever():
    masker = Masker(SECRETS)
    made = masker.feed(b"word " * (LONGEST_LINE // 5) + b"hunter22 ")
    more = masker.feed(b"word " * LONGEST_LINE)
    assert made or more
    whole = made + more + masker.close()
    assert b"hunter22" not in whole and whole.count(b"word") == LONGEST_LINE // 5 + LONGEST_LINE
    assert len(masker._rest) == 0
