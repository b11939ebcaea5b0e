"""The server as a client sees it: who is let in, what is answered, and what never is."""

from pathlib import Path

import re
import socket
import subprocess

import pytest

from gitledger.cli.build import build_command
from gitledger.ops._calls import operation_named, parameters_of
from gitledger.web import dashboard, questions
from gitledger.web.serving import HEADERS
from tests.web.conftest import HOSTILE

STATIC = dashboard._STATIC


@pytest.fixture
def served(serve, project):
    return serve(project)


# ---------------------------------------------------------------------------------------------- the door


def test_nothing_is_shown_without_the_token(served):
    wrong = f"gitledger-{served.door.port}={served.door.token[:-1]}"
    elsewhere = f"gitledger-1={served.door.token}"
    for target in ("/", "/static/app.js", "/api/where", "/api/nothing", "/nothing", f"/api/where?token={served.door.token}"):
        for headers in ({}, {"Cookie": wrong}, {"Cookie": elsewhere}, {"Authorization": "Bearer x"}, {"Authorization": served.door.token}):
            answer = served.send("GET", target, headers)
            assert answer.status == 403 and "Set-Cookie" not in answer.headers
            assert b"project" not in answer.body and b"serve" in answer.body
    assert served.send("GET", "/?token=x").status == 403
    assert served.send("GET", "/?token=").status == 403
    assert served.send("GET", "/?token=%ff").status == 400


def test_the_token_opens_the_page_and_a_cookie_keeps_it(served):
    answer = served.send("GET", f"/?token={served.door.token}")
    assert answer.status == 200 and answer.body == (STATIC / "index.html").read_bytes()
    cookie, *rules = answer.headers["Set-Cookie"].split("; ")
    assert cookie == f"gitledger-{served.door.port}={served.door.token}"
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} == set(rules)
    assert served.send("GET", "/api/where", {"Cookie": f"other=1; {cookie}"}).status == 200
    assert served.send("GET", "/api/where", {"Authorization": f"bearer {served.door.token}"}).status == 200
    assert len(served.door.token) >= 32


def test_another_host_is_misdirected(served):
    """A foreign page whose name suddenly leads to this machine sends its own name."""
    port = served.door.port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1.evil.example:{port}", ""):
        answer = served.get("/api/where", Host=host)
        assert (answer.status, answer.json["error"]["code"]) == (421, "FOREIGN_HOST"), host


def test_another_origin_is_turned_away(served):
    for origin in ("http://evil.example", "null", f"https://127.0.0.1:{served.door.port}", "http://127.0.0.1:1"):
        answer = served.get("/api/where", Origin=origin)
        assert (answer.status, answer.json["error"]["code"]) == (403, "FOREIGN_ORIGIN"), origin


def test_our_own_pages_come_in(served):
    port = served.door.port
    assert served.get("/api/where", Host=f"localhost:{port}", Origin=f"http://localhost:{port}").status == 200
    assert served.get("/api/where", Sec_Fetch_Site="same-origin").status == 200
    for site in ("cross-site", "same-site"):
        assert served.get("/api/where", Sec_Fetch_Site=site).status == 403
        assert served.get("/static/app.js", Sec_Fetch_Site=site).status == 403
        assert served.send("GET", f"/?token={served.door.token}", {"Sec-Fetch-Site": site}).status == 200


def test_it_only_shows(served):
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = served.send(method, "/api/where", {"Cookie": served.door.cookie.partition(";")[0]}, b"GET / HTTP/1.1")
        assert (answer.status, answer.headers["Allow"], answer.headers["Connection"]) == (405, "GET, HEAD", "close"), method


def test_what_http_does_not_know_is_refused(served):
    assert served.send("BREW", "/").status == 501
    for said in (b"GET / HTTP/9.9\r\n\r\n", b"nonsense\r\n\r\n", b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", served.door.port), timeout=10) as connection:
            connection.sendall(said)
            assert re.match(rb"HTTP/1.1 (400|414|505) ", connection.makefile("rb").read())


def test_a_request_hidden_in_another_is_not_answered(served):
    hidden = f"GET /api/where HTTP/1.1\r\nHost: 127.0.0.1:{served.door.port}\r\nCookie: {served.door.cookie}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", served.door.port), timeout=10) as connection:
        head = f"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(hidden)}\r\n\r\n".encode()
        connection.sendall(head + hidden)
        assert connection.makefile("rb").read().count(b"HTTP/1.1 ") == 1


def test_there_is_nothing_beside_its_own_files(served):
    for target in (
        *("/static/../main.py", "/static/%2e%2e/main.py", "/static/..%2fmain.py", "/static//etc/passwd", "/static/", "/index.html"),
        *("//evil.example/", "/api/../static/app.js", "/.git/config", "/static/app.js/", "/static/\\..\\main.py", "/static/index.html%00"),
    ):
        answer = served.get(target)
        assert answer.status == 404 and len(answer.body) < 400 and b"import" not in answer.body, target


def test_every_answer_carries_the_same_armour(served):
    found = [
        served.get("/"), served.get("/static/style.css"), served.get("/api/where"), served.get("/api/nothing"),
        served.get("/nothing"), served.send("GET", "/"), served.send("POST", "/"), served.get("/api/where", Host="x"),
        served.send("BREW", "/"),
    ]
    for answer in found:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["Server"].strip() == "gitledger"
        assert answer.headers["Cache-Control"] in ("no-store", "no-cache")
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy


def test_a_head_is_an_answer_without_its_body(served):
    for target in ("/", "/static/app.js", "/api/overview", "/nothing"):
        whole = served.get(target)
        head = served.send("HEAD", target, {"Cookie": served.door.cookie.partition(";")[0]})
        assert (head.status, head.body) == (whole.status, b"")
        same = ("Content-Length", "Content-Type", "ETag")
        assert [head.headers[name] for name in same] == [whole.headers[name] for name in same]


def test_two_servers_do_not_open_for_one_another(serve, project, make_repo, cli_in):
    other = make_repo("other")
    cli_in(other.path)("init")
    one, two = serve(project), serve(other.path)
    assert one.door.token != two.door.token and one.door.port != two.door.port
    both = "; ".join(served.door.cookie.partition(";")[0] for served in (one, two))
    for served, many in ((one, 3), (two, 0)):
        assert served.send("GET", "/api/tasks", {"Cookie": both}).json["result"]["total"] == many
    assert one.send("GET", "/api/tasks", {"Cookie": two.door.cookie.partition(";")[0]}).status == 403
    assert one.send("GET", "/api/tasks", {"Authorization": f"Bearer {two.door.token}"}).status == 403


# ---------------------------------------------------------------------------------------------- answers


def test_it_answers_as_the_command_line_does(served, project, cli_in, fixed):
    cli = cli_in(project)
    same = {
        "where": ["where"],
        "ledgers": ["ledger", "list"],
        "overview?limit=3": ["overview", "--limit", "3"],
        "tasks?labels=core&newest=true": ["task", "list", "--label", "core", "--newest"],
        "labels": ["tag", "list"],
        "task": ["view"],
        "task?task=2": ["view", "--task", "2"],
        "related?task=1": ["task", "show", "--task", "1"],
        "evidence?task=1": ["evidence", "list", "--task", "1"],
        "events?task=1&limit=2": ["task", "events", "--task", "1", "--limit", "2"],
        "log?limit=2": ["log", "--limit", "2"],
    }
    assert {name.partition("?")[0] for name in same} == set(questions.QUESTIONS)
    for name, words in same.items():
        assert served.ask(name)["result"] == cli(*words, "--json").json["result"], name


@pytest.mark.parametrize("name", questions.QUESTIONS)
def test_a_question_only_looks(name):
    question = questions.QUESTIONS[name]
    op, rest = operation_named(question.command.split())
    assert op is not None and rest == [] and op.command == question.command
    assert not op.writes and not op.starts_children
    assert {*question.takes, *question.many} <= set(parameters_of(op))
    assert build_command(op)


def test_nothing_changes_by_looking(served, project, cli_in):
    def seen():
        done = subprocess.run(["git", "for-each-ref"], cwd=project, capture_output=True, text=True, check=True)
        status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, text=True, check=True)
        return done.stdout, status.stdout

    before = seen()
    for name in questions.QUESTIONS:
        served.ask(f"{name}?task=1" if "task" in questions.QUESTIONS[name].takes else name)
    assert seen() == before


def test_text_of_others_is_data(served):
    answer = served.get("/api/tasks?text=hacked")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert [task["title"] for task in answer.json["result"]["tasks"]][-1] == HOSTILE


def test_a_page_of_what_fits(served, project, cli_in):
    for number in range(4):
        cli_in(project)("item", "create", f"Step {number}", "--label", "many")
    def page(query):
        found = served.ask(f"tasks?{query}")["result"]
        return [task["title"] for task in found["tasks"]], found["total"]

    assert page("labels=many&offset=1&limit=2") == (["Step 1", "Step 2"], 4)
    assert page("labels=many&newest=1&limit=1") == (["Step 3"], 4)
    assert page("labels=many&labels=core") == ([], 0)
    assert page("text=step+2&role=queue&status=queue&status=work") == (["Step 2"], 1)
    assert page("offset=6&limit=50") == (["Step 3"], 7)


WRONG = [
    ("nothing", 404, "NOT_FOUND"),
    ("", 404, "NOT_FOUND"),
    ("task?task=99", 404, "NOT_FOUND"),
    ("tasks?colour=red", 400, "INVALID_INPUT"),
    ("tasks?role=x", 400, "INVALID_INPUT"),
    ("tasks?limit=many", 400, "INVALID_INPUT"),
    ("tasks?limit=-1", 400, "INVALID_INPUT"),
    ("tasks?role=work&role=done", 400, "INVALID_INPUT"),
    ("tasks?text=%ff", 400, "INVALID_INPUT"),
    ("where?ledger=..", 400, "INVALID_INPUT"),
    ("tasks?ledger=none", 503, "NOT_INITIALISED"),
    ("tasks?" + "&".join(["status=queue"] * 60), 400, "INVALID_INPUT"),
]


def test_a_question_put_wrongly_is_refused(served):
    for name, status, code in WRONG:
        assert served.refused(name, status) == code, name


def test_another_ledger_can_be_looked_at(served, project, cli_in):
    cli_in(project)("ledger", "fork", "side", "--empty")
    cli_in(project)("--ledger", "side", "item", "create", "Only here")
    found = served.ask("tasks?ledger=side")
    assert (found["ledger"], [task["title"] for task in found["result"]["tasks"]]) == ("side", ["Only here"])


def test_a_bug_is_told_and_the_server_goes_on(served, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(dashboard, "operation_for", lambda *_: 1 / 0)
        assert served.refused("where", 500) == "INTERNAL"
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert served.ask("where")["ok"]


# ---------------------------------------------------------------------------------------------- following


def test_a_page_that_knows_the_state_is_told_so(served, project, cli_in):
    tag = served.get("/api/where").headers["ETag"]
    for name in ("where", "tasks", "overview"):
        same = served.get(f"/api/{name}", If_None_Match=tag)
        assert (same.status, same.body, same.headers["ETag"]) == (304, b"", tag)
    cli_in(project)("item", "create", "News")
    moved = served.get("/api/tasks?newest=1&limit=1", If_None_Match=tag)
    assert moved.status == 200 and moved.headers["ETag"] != tag
    assert moved.json["result"]["tasks"][0]["title"] == "News"
    assert served.get("/api/where", If_None_Match=moved.headers["ETag"]).status == 304


def test_what_else_shows_is_news_too(served, project, cli_in):
    """The active task, the branch, another ledger, and the minute, for leases run out while nobody writes."""
    def tag():
        return served.get("/api/where").headers["ETag"]

    tags = [tag()]
    cli_in(project)("ledger", "fork", "side", "--empty")
    tags.append(tag())
    subprocess.run(["git", "switch", "--quiet", "-c", "feature"], cwd=project, check=True)
    tags.append(tag())
    served.wait(59)
    assert tag() == tags[-1]
    served.wait(1)
    tags.append(tag())
    assert len(set(tags)) == len(tags)


def test_its_files_are_looked_at_again_and_not_sent_again(served):
    tag = served.get("/static/app.js").headers["ETag"]
    assert served.get("/static/app.js", If_None_Match=tag).status == 304


# ---------------------------------------------------------------------------------------------- where there is little


def test_a_ledger_without_tasks(serve, repo, cli_in):
    cli_in(repo.path)("init")
    served = serve(repo.path)
    assert served.ask("overview")["result"]["total"] == 0
    assert served.ask("tasks")["result"]["tasks"] == []
    assert served.refused("task", 404) == "NO_ACTIVE_TASK"


def test_a_repository_without_a_ledger(serve, repo, cli_in):
    served = serve(repo.path)
    assert served.ask("where")["result"]["exists"] is False
    assert served.refused("overview", 503) == "NOT_INITIALISED"
    tag = served.get("/api/where").headers["ETag"]
    cli_in(repo.path)("init")
    assert served.get("/api/where", If_None_Match=tag).json["result"]["exists"] is True


# ---------------------------------------------------------------------------------------------- the files


def test_the_files_are_whole_and_need_nobody_else():
    names = {path.name for path in STATIC.iterdir()}
    for path in STATIC.iterdir():
        text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"https?:|//[a-z]+\.|@import|url\(", text), path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|setHTML", text), path.name
        assert set(re.findall(r'(?:from "\./|/static/)([\w.]+)', text)) <= names
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|\son\w+=|\sstyle=|<script(?![^>]+src=)", page)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_of_text_can_be_read_on_its_ground():
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in re.findall(r":root \{(.*?)\}", (STATIC / "style.css").read_text(), re.S)]
    assert len(schemes) == 2 and schemes[0].keys() == schemes[1].keys()
    for scheme in schemes:
        for name, colour in scheme.items():
            for ground in ("ground", "raised") if name in ("text", "quiet") else ("ground",):
                light, dark = sorted((luminance(colour), luminance(scheme[ground])), reverse=True)
                if name not in ("ground", "raised", "line"):
                    assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{name} {colour} on {ground}"


def test_the_page_about_it_names_every_question():
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "dashboard.md").read_text()
    told = {name: (command, set(re.findall(r"`(\w+)`", takes))) for name, command, takes in re.findall(r"^\| `(\w+)` \| `gitledger ([a-z -]+)` \| ?(.*) ?\|$", page, re.M)}
    assert told == {name: (question.command, {*question.takes, *question.many}) for name, question in questions.QUESTIONS.items()}
