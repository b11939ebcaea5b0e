"""Children that are streamed: real ones, which print much, end badly, leave others behind, or do not end at all."""

from collections.abc import Callable

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import tracemalloc

import pytest

from gitledger import exec as children
from gitledger.errors import InvalidInput, NotFound
from gitledger.exec import Ended, stream_child

Streams = dict[int, bytes]


def python(code: str, *args: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(code), *args]


@pytest.fixture
def run(tmp_path) -> Callable[..., tuple[Ended, Streams]]:
    def go(argv: list[str], **options) -> tuple[Ended, Streams]:
        got: Streams = {1: b"", 2: b""}

        def sink(stream: int, data: bytes) -> None:
            got[stream] += data

        options = {"cwd": str(tmp_path), "environ": os.environ, "timeout_s": 30, **options}
        return stream_child(argv, sink=sink, **options), got

    return go


def test_both_streams_and_the_exit_code(run):
    ended, got = run(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"))
    assert (ended.exit_code, got) == (7, {1: b"out\n", 2: b"err\n"})
    assert not ended.timed_out and ended.interrupted_by is None and 0 <= ended.duration_ms < 30000


def test_no_shell_reads_the_arguments(run, tmp_path):
    argv = python("import sys; print(sys.argv[1:])", "$(touch trap)", "a b", "x\ny", "*", "")
    ended, got = run(argv)
    assert (ended.exit_code, got[1].decode()) == (0, f"{argv[3:]!r}\n")
    assert list(tmp_path.iterdir()) == []


def test_folder_and_environment_are_those_given(run, tmp_path):
    _, got = run(python("import os; print(os.getcwd(), os.environ.get('A'), len(os.environ) < 5)"), environ={"A": "b"})
    assert got[1].decode().split() == [os.path.realpath(tmp_path), "b", "True"]


def test_output_comes_as_it_is_printed(tmp_path):
    """The child waits until its first line has been handed on."""
    flag = tmp_path / "flag"

    def sink(stream: int, data: bytes) -> None:
        flag.touch()

    code = "import os, sys, time\nprint('first', flush=True)\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.01)"
    ended = stream_child(python(code, str(flag)), cwd=str(tmp_path), environ=os.environ, sink=sink, timeout_s=20)
    assert ended.exit_code == 0


def test_bytes_stay_what_they_are(run):
    _, got = run(python(r"import sys; sys.stdout.buffer.write(bytes(range(256)) + b'\x1b[31m\xff\n')"))
    assert got[1] == bytes(range(256)) + b"\x1b[31m\xff\n"


def test_fifty_megabytes_need_no_memory(tmp_path):
    size = 0

    def sink(stream: int, data: bytes) -> None:
        nonlocal size
        size += len(data)

    code = "import sys\nfor _ in range(800): sys.stdout.buffer.write(b'x' * 65536)"
    tracemalloc.start()
    try:
        ended = stream_child(python(code), cwd=str(tmp_path), environ=os.environ, sink=sink, timeout_s=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (ended.exit_code, size) == (0, 800 * 65536)
    assert peak < 4 << 20


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_child_ended_by_a_signal(run, number):
    ended, _ = run(python(f"import os; os.kill(os.getpid(), {int(number)})"))
    assert ended.exit_code == 128 + number


def test_a_child_that_closes_its_streams_and_goes_on(run):
    ended, got = run(python("import os, sys, time; os.close(1); os.close(2); time.sleep(0.2); os._exit(3)"))
    assert (ended.exit_code, got) == (3, {1: b"", 2: b""})


DAEMON = """
    import os, sys, time
    print('begun', flush=True)
    if os.fork():
        os._exit(0)
    os.setsid()
    end = time.monotonic() + 20
    while time.monotonic() < end and not os.path.exists(sys.argv[1]):
        %s
        time.sleep(0.005)
"""


@pytest.mark.parametrize("says", ["pass", "os.write(1, b'still here')"])
def test_what_the_child_leaves_running_is_not_waited_for(run, tmp_path, says):
    flag = tmp_path / "enough"
    begun = time.monotonic()
    try:
        ended, got = run(python(DAEMON % says, str(flag)))
        assert time.monotonic() - begun < 10
    finally:
        flag.touch()
    assert ended.exit_code == 0 and got[1].startswith(b"begun\n")


def test_what_is_still_in_the_pipe_is_not_lost_when_the_reader_is_slow(tmp_path, monkeypatch):
    monkeypatch.setattr(children, "GRACE_S", 0.01)
    monkeypatch.setattr(children, "_PIECE", 4096)
    got = b""

    def sink(stream: int, data: bytes) -> None:
        nonlocal got
        got += data
        time.sleep(0.01)

    code = "import os; os.write(1, b'x' * 60000)"
    stream_child(python(code), cwd=str(tmp_path), environ=os.environ, sink=sink, timeout_s=20)
    assert got == b"x" * 60000


def test_a_missing_program(run):
    with pytest.raises(NotFound) as caught:
        run(["no-such-program-anywhere", "x"])
    assert caught.value.code == "NO_PROGRAM" and "no-such-program-anywhere" in caught.value.message


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_file_that_is_no_program(run, tmp_path, mode):
    (tmp_path / "text").write_text("just a text\n")
    (tmp_path / "text").chmod(mode)
    with pytest.raises(InvalidInput) as caught:
        run(["./text"])
    assert caught.value.code == "CANNOT_RUN"


def test_an_argument_that_no_program_can_be_given(run):
    with pytest.raises(InvalidInput):
        run([sys.executable, "a\0b"])


STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(30)"


def test_the_time_limit(run):
    ended, got = run(python("import time; print('ready', flush=True); time.sleep(30)"), timeout_s=1)
    assert (ended.exit_code, ended.timed_out) == (124, True)
    assert got[1] in (b"ready\n", b"")


def test_who_does_not_end_when_asked_is_killed_with_all_it_started(run, tmp_path, monkeypatch):
    monkeypatch.setattr(children, "PATIENCE_S", 0.2)
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    begun = time.monotonic()
    ended, got = run(python(parent, STUBBORN), timeout_s=1.5)
    assert ended.exit_code == 124 and got[1] in (b"ready\n", b"")
    assert time.monotonic() - begun < 15


# ---------------------------------------------------------------------------------------------- signals

# A process that streams a child and says how it ended.
WRAPPER = """
    import os, sys
    from gitledger.exec import stream_child
    sink = lambda stream, data: os.write(stream, data)
    ended = stream_child([sys.executable, "-c", sys.argv[1]], cwd=".", environ=os.environ, sink=sink, timeout_s=30)
    print(ended.exit_code, ended.interrupted_by)
"""
POLITE = """
import signal, sys, time
def leave(number, frame):
    print('got', number, flush=True)
    sys.exit(9)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, leave)
print('ready', flush=True)
time.sleep(20)
"""


def wrapped(child: str, environ: dict[str, str] | None = None) -> subprocess.Popen:
    from tests.conftest import Cli

    return subprocess.Popen(
        python(WRAPPER, child), env=Cli.environ(environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_sent_on_and_the_child_may_tidy_up(number):
    with wrapped(POLITE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        output, _ = process.communicate(timeout=20)
    assert output.decode().splitlines() == [f"got {int(number)}", f"9 {int(number)}"]


def test_a_signal_that_kills_the_child():
    with wrapped("import time; print('ready', flush=True); time.sleep(20)") as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=20)
    assert output == b"143 15\n"


def test_at_a_terminal_the_child_gets_one_interrupt_and_may_read():
    """As from the keyboard: the terminal sends it to the whole group; passing it on would be a second one."""
    pty = pytest.importorskip("pty")
    from tests.conftest import Cli

    child = (
        "import signal, sys, time\n"
        "seen = []\n"
        "signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))\n"
        "print('read', input(), flush=True)\n"
        "end = time.monotonic() + 15\n"
        "while not seen and time.monotonic() < end: time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        "print('interrupts', len(seen), flush=True)\n"
    )
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.execve(sys.executable, python(WRAPPER, child), Cli.environ())
    shown = b""

    def read_until(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(terminal, 1024)

    watchdog = threading.Timer(30, os.kill, (pid, signal.SIGKILL))
    watchdog.start()
    try:
        os.write(terminal, b"hello\n")
        read_until(b"read hello")
        os.write(terminal, b"\x03")
        read_until(b"interrupts 1")
        read_until(b"0 2")
    finally:
        os.waitpid(pid, 0)
        watchdog.cancel()
        os.close(terminal)


def test_in_a_thread_signals_are_left_alone(run):
    results = []
    thread = threading.Thread(target=lambda: results.append(run(python("print('x')"))))
    before = signal.getsignal(signal.SIGINT)
    thread.start()
    thread.join(30)
    assert results[0][0].exit_code == 0 and signal.getsignal(signal.SIGINT) is before


def test_handlers_are_put_back(run):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    run(python("pass"))
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
