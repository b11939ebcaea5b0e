"""What is kept of an output: bounded, harmless, and the same whatever pieces it came in."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitledger.model.capture import TAIL, Capture, Captured, tail_text


def captured(*pieces: tuple[int, bytes], how: str = "tail", secrets: list[bytes] | None = None) -> Captured:
    capture = Capture(secrets or [], how)
    for stream, data in pieces:
        capture.feed(stream, data)
    return capture.close()


def digest(data: bytes) -> str:
    return "sha256:" + sha256(data).hexdigest()


def test_digest_and_tails():
    kept = captured((1, b"out\n"), (2, b"err\n"), (1, b"more"))
    assert kept == Captured(digest(b"out\nerr\nmore"), "out\nerr\nmore", "out\nmore", "err\n")


def test_nothing_printed():
    assert captured() == Captured(digest(b""), "", "", "")


@pytest.mark.parametrize(("how", "kept"), [("digest", Captured(digest(b"x"))), ("off", Captured())])
def test_less_is_kept_where_policy_says_so(how, kept):
    assert captured((1, b"x"), how=how) == kept


def test_the_digest_is_of_the_masked_output():
    """Else a short secret could be guessed from it."""
    kept = captured((1, b"pin: 12345678\n"), secrets=[b"12345678"])
    assert kept == Captured(digest(b"pin: ***\n"), "pin: ***\n", "pin: ***\n", "")


def test_the_tail_is_the_end_from_a_line_on():
    kept = captured(*((1, b"line %06d\n" % number) for number in range(10000)))
    assert kept.digest == digest(b"".join(b"line %06d\n" % number for number in range(10000)))
    assert kept.tail is not None and kept.tail.endswith("line 009999\n") and kept.tail.startswith("line 00")
    assert TAIL - 12 <= len(kept.tail) <= TAIL
    assert len(captured((1, b"x" * 100000)).tail or "") == TAIL


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b[1;31mred\x1b[0m\n", "red\n"),
        (b"\x1b]0;title\x07shown\x1b]8;;http://x\x1b\\link", "shownlink"),
        (b"10%\r20%\r\n", "10%\n20%\n"),
        (b"a\x00b\x07\x08\x9b", "ab\ufffd"),
        (b"\xff\xfe caf\xc3\xa9", "\ufffd\ufffd café"),
        ("\u202eevil\u2066".encode(), "evil"),
        (b"tab\there\n", "tab\there\n"),
    ],
)
def test_a_tail_holds_no_control_characters(data, text):
    assert tail_text(data) == text


@given(st.binary(max_size=3 * TAIL))
def test_a_tail_can_always_be_recorded(data):
    text = tail_text(data)
    assert len(text.encode()) <= TAIL
    assert all(char in "\n\t" or char.isprintable() or ord(char) > 0x9F for char in text)
