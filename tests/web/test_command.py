"""`gitledger serve` as people and programs start it, and end it."""

import json
import signal
import urllib.request

import pytest

from gitledger.web import main
from tests.web.conftest import WAIT_S, started


def test_a_program_reads_one_line_and_ends_it(cli_in, project):
    with started(cli_in(project), "--json", "--port", "0", "--task", "1") as (process, line):
        said = json.loads(line)
        found = said["result"]
        assert (said["ok"], said["command"], found["kind"], found["host"]) == (True, "serve", "serve_started", "127.0.0.1")
        assert found["url"] == f"http://127.0.0.1:{found['port']}/?token={found['token']}#/tasks/1"
        asked = urllib.request.Request(f"http://127.0.0.1:{found['port']}/api/where", headers={"Authorization": f"Bearer {found['token']}"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=WAIT_S) as answer:
            assert json.load(answer)["result"]["ledger"] == "main"
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_S) == 0
        assert process.stdout.read() == process.stderr.read() == ""


def test_a_person_interrupts_it(cli_in, project):
    with started(cli_in(project), "--port", "0", "--host", "localhost") as (process, line):
        assert line.startswith("serving http://localhost:") and "/?token=" in line
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0
        assert "Traceback" not in process.stderr.read()


def test_the_usual_port_gives_way_and_a_wanted_one_does_not(serve, project, cli_in, monkeypatch):
    taken = serve(project).door.port
    monkeypatch.setattr(main, "PORT", taken)
    with main.start(root=str(project), ledger=None, environ={})[0] as server:
        assert server.server_port not in (0, taken)
    error = cli_in(project)("serve", "--port", str(taken), "--json")
    assert error.exit_code == 6
    assert (error.json["error"]["code"], error.json["error"]["hint"]) == ("PORT_TAKEN", "gitledger serve --port 0")


@pytest.mark.parametrize("options", [["--host", "0.0.0.0"], ["--host", "192.0.2.1"], ["--host", ""], ["--port", "70000"], ["--refresh-ms", "0"]])
def test_it_is_for_this_machine_alone(cli_in, project, options):
    result = cli_in(project)("serve", "--json", *options)
    assert (result.exit_code, result.json["error"]["code"], result.json["command"]) == (2, "INVALID_INPUT", "serve")


def test_outside_a_repository_it_says_so_at_once(cli_in, tmp_path):
    result = cli_in(tmp_path)("serve", "--json", "--port", "0")
    assert (result.exit_code, result.json["error"]["code"]) == (6, "NOT_A_REPOSITORY")
