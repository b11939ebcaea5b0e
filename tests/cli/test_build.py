"""Fields become parameters, and parsed values become the operation."""

import pytest
from toys import Everything, Heard, Look, Needs, ToyLedger, Wrap, call

from gitledger.cli.build import fields_of

pytestmark = pytest.mark.usefixtures("toys")


def given(*argv, stdin=b""):
    """The operation that the command line made, or the result when it made none."""
    ledger = ToyLedger(Heard(None, "", {}))
    result = call(*argv, ledger=ledger, stdin=stdin)
    assert ledger.seen, result.err
    return ledger.op


def refused(*argv, stdin=b""):
    ledger = ToyLedger("never")
    result = call("--json", *argv, ledger=ledger, stdin=stdin)
    assert ledger.seen == []
    assert result.code == 2
    assert result.error["code"] == "INVALID_INPUT"
    assert result.err == ""
    return result.error


def test_what_is_not_given_keeps_the_default():
    assert given("toy", "everything", "T") == Everything(title="T")


def test_every_kind_of_field():
    op = given(
        *["toy", "everything", "T", "--task", "30", "-t", "long", "--label", "a", "--label", "b"],
        *["--result", "passed", "--count", "5", "--loud", "--no-keep", "--maybe", "--owner", ""],
    )
    assert op == Everything(
        title="T",
        task="30",
        text="long",
        label=["a", "b"],
        result="passed",
        number=5,
        loud=True,
        keep=False,
        maybe=True,
        owner="",
    )
    assert given("toy", "everything", "T", "--not-maybe", "--keep").maybe is False


def test_positionals_come_first_and_the_task_last():
    names = [field.name for field in fields_of(Everything)]
    assert (names[0], names[-1], sorted(names)) == ("title", "task", sorted(Everything.__struct_fields__))


def test_a_reading_operation_takes_its_task_as_a_positional_too():
    assert given("toy", "look", "task-0001").task == "task-0001"
    assert given("toy", "look", "--task", "task-0001").task == "task-0001"
    assert given("toy", "look", "1", "--task", "1").task == "1"
    assert given("toy", "look") == Look()
    assert "give one of them" in refused("toy", "look", "1", "--task", "2")["message"]


def test_a_writing_operation_does_not():
    assert "unexpected extra argument" in refused("toy", "everything", "T", "task-0001")["message"]


def test_the_rest_of_the_line_after_two_dashes():
    assert given("toy", "wrap", "--", "pytest", "-q", "--json") == Wrap(argv=["pytest", "-q", "--json"])
    assert "ARGV" in refused("toy", "wrap")["message"]


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--count", "0"], "--count"),
        (["--count", "x"], "--count"),
        (["--result", "maybe"], "--result"),
        (["--nonsense"], "--nonsense"),
        (["--text"], "--text"),
    ],
)
def test_a_wrong_value_names_its_option(argv, named):
    error = refused("toy", "everything", "T", *argv)
    assert named in error["message"]
    assert error["hint"] == "gitledger toy everything --help"


def test_a_required_option_names_its_ways():
    assert refused("toy", "needs", "--reason", "r")["message"] == "Missing --text or --file."
    assert "--reason" in refused("toy", "needs", "--text", "t")["message"]


def test_a_required_option_from_a_file(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")
    assert given("toy", "needs", "--reason", "r", "--file", str(path)) == Needs(text="one\ntwo\n", reason="r")


def test_a_file_is_relative_to_where_git_would_look(tmp_path):
    (tmp_path / "text").write_text("here")
    assert given("-C", str(tmp_path), "toy", "everything", "T", "--from-file", "text").text == "here"


def test_standard_input():
    assert given("toy", "everything", "T", "--from-file", "-", stdin=b"in").text == "in"
    assert given("toy", "everything", "T", "--text", "-", stdin=b"in").text == "in"
    assert given("toy", "everything", "T", "--inline", "-", stdin="ü".encode()).inline == "ü"
    assert given("toy", "everything", "-", "--owner", "-", stdin=b"in").owner == "-"


def test_standard_input_is_read_once():
    message = refused("toy", "everything", "T", "--text", "-", "--inline", "-", stdin=b"in")["message"]
    assert "--text has it, --inline wants it too" in message


def test_a_value_and_a_file_exclude_each_other(tmp_path):
    path = tmp_path / "text"
    path.write_text("x")
    assert "not both" in refused("toy", "everything", "T", "--text", "x", "--from-file", str(path))["message"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\xff", "is not UTF-8 text (byte 0)"),
        (b"x" * (256 * 1024 + 1), "is larger than 256 KiB"),
    ],
)
def test_a_bad_file_is_named(tmp_path, content, complaint):
    path = tmp_path / "bad"
    path.write_bytes(content)
    message = refused("toy", "everything", "T", "--from-file", str(path))["message"]
    assert str(path) in message and complaint in message
    assert "standard input" in refused("toy", "everything", "T", "--from-file", "-", stdin=content)["message"]


def test_a_file_of_the_largest_size_is_read(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * 256 * 1024)
    assert len(given("toy", "everything", "T", "--from-file", str(path)).text) == 256 * 1024


def test_a_missing_file_and_a_directory(tmp_path):
    missing = str(tmp_path / "missing")
    assert f"there is no file {missing!r}" in refused("toy", "everything", "T", "--from-file", missing)["message"]
    assert "is a directory" in refused("toy", "everything", "T", "--from-file", str(tmp_path))["message"]
    assert "cannot read" in refused("toy", "everything", "T", "--from-file", "nul\0")["message"]


def test_help_is_complete():
    text = call("toy", "everything", "--help").out
    for piece in (
        "Usage: gitledger toy everything [OPTIONS] TITLE",
        "Try everything.",
        "A second paragraph that explains.",
        "What it is.",
        "-t, --text TEXT",
        "--from-file PATH",
        "[passed|failed]",
        "--count N",
        "[default: 3]",
        "--keep / --no-keep",
        "--maybe / --not-maybe",
        "--task TEXT",
        "-h, --help",
    ):
        assert piece in text


def test_help_line_of_a_verb():
    assert "Try everything." in call("toy", "--help").out
    assert "second paragraph" not in call("toy", "--help").out
