"""The dashboard in a real browser: what it shows, that it follows, that it can be used by key, and that no text becomes markup."""

from collections.abc import Iterator
import json

import pytest

from tests.web.browser import Browser, browsing, programs
from tests.web.conftest import HOSTILE, started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(programs() is None, reason="no Chromium with its driver here: install the packages chromium and chromium-driver"),
]
NARROW = 360


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture
def browser(window: Browser) -> Iterator[Browser]:
    """The browser, which has complained of nothing after the test, and has run no text of others."""
    window.look()
    yield window
    hacked = window.run("return window.hacked ?? null")
    complaints = [line for line in window.complaints() if "net::ERR_CONNECTION" not in line]
    window.open("about:blank")
    assert (hacked, complaints) == (None, [])


@pytest.fixture
def page(browser, serve, project):
    """The overview of the project."""
    browser.open(serve(project).door.url())
    browser.until("document.querySelector('.active-task .headline')")
    return browser


def go(page: Browser, hash: str, condition: str) -> None:
    page.run("location.hash = arguments[0]", hash)
    page.until(condition)


def test_the_overview_shows_what_is_under_way_and_what_comes_next(page):
    assert page.run("return location.search") == "" and page.run("return document.cookie") == ""
    assert page.text(".headline") == "Add a parser"
    assert "gitledger plan start" in page.text(".active-task")
    assert "task-0002" in page.run("return [...document.querySelectorAll('section')].find((item) => item.textContent.startsWith('Blocked')).innerText")
    assert page.text("#live-word") == "live" and page.run("return document.title") == "Overview · project"
    foreign = "return performance.getEntriesByType('resource').map((item) => item.name).filter((name) => !name.startsWith(location.origin))"
    assert page.run(foreign) == []


def test_it_follows_the_ledger(page, project, cli_in):
    cli_in(project)("item", "create", "News of today", "--priority", "critical")
    page.until("document.body.innerText.includes('News of today')")
    cli_in(project)("task", "activate", "3")
    page.until("document.querySelector('.headline').innerText === 'Write the manual'")
    page.click("#live")
    page.until("document.getElementById('live-word').innerText === 'paused'")
    page.press("p")
    page.until("document.getElementById('live-word').innerText === 'live'")


def test_text_of_others_stays_text(page, project, cli_in):
    cli = cli_in(project)
    for words in (
        ("task", "edit", "--task", "1", "--add-label", "<b>bold", "--owner", HOSTILE),
        ("plan", "start"),
        ("question", "add", "--text", HOSTILE),
        ("todo", "add", "--text", HOSTILE),
        ("comment", "add", "--task", "1", HOSTILE),
        ("ledger", "fork", "a<b>"),
    ):
        result = cli(*words)
        assert result.exit_code == 0, result
    for hash, condition in (
        ("#/", "document.querySelector('.headline')"),
        ("#/tasks", "document.querySelectorAll('.tasks li').length === 3"),
        ("#/tasks/1", "document.querySelector('.task-head') && document.body.innerText.includes('Questions')"),
        ("#/log", "document.querySelectorAll('.entries li').length > 5"),
    ):
        go(page, hash, condition)
        assert "<script>window.hacked" in page.text("main")
        assert page.run("return document.querySelectorAll('main script, main img, main b').length") == 0
    # The browser itself refuses to make markup of text, should a page ever try.
    refused = "try { document.getElementById('main').innerHTML = '<p>x</p>'; return 'made' } catch (error) { return error.name }"
    assert page.run(refused) == "TypeError"
    assert any("TrustedHTML" in line for line in page.complaints())


def test_browsing_by_words_role_label_and_page(page, project, cli_in):
    assert cli_in(project)("batch", "--operations", _sixty()).exit_code == 0
    go(page, "#/tasks", "document.querySelectorAll('.tasks li').length === 50")
    assert "63 tasks" in page.text("[role=status].quiet") and page.text(".pager") .split()[-1] == "Next"
    page.click(".pager a")
    page.until("document.querySelectorAll('.tasks li').length === 13")
    page.press("/", *"manual")
    page.until("document.querySelectorAll('.tasks li').length === 1 && location.hash.includes('text=manual')")
    assert page.texts(".tasks .title") == ["Write the manual"]
    page.run("location.hash = '#/tasks?label=core'")
    page.until("document.querySelectorAll('.tasks li').length === 2")
    page.click(".chip.blocked")
    page.until("document.body.innerText.includes('No task fits.')")
    page.press("/", *"task-0003", "Enter")
    page.until("document.querySelector('.task-head h1')?.innerText === 'Write the manual'")
    page.run("history.back()")
    page.until("document.querySelector('#search')")


def _sixty() -> str:
    return json.dumps([{"command": "item create", "arguments": {"title": f"Step {number}", "labels": ["many"]}} for number in range(60)])


def test_a_page_stays_as_it_is_while_the_ledger_moves(page, project, cli_in):
    go(page, "#/tasks/1", "document.querySelector('.events details')")
    page.run("document.querySelector('.events details summary').click(); document.querySelector('.copy').focus()")
    focused = page.run("return document.activeElement.dataset.key")
    opened = page.run("return document.querySelector('.events details[open]').dataset.key")
    cli_in(project)("todo", "add", "--text", "One more", "--task", "1")
    page.until("document.body.innerText.includes('One more')")
    assert page.run("return document.querySelector('.events details[open]').dataset.key") == opened
    assert page.run("return document.activeElement.dataset.key") == focused
    page.run("const choice = document.querySelector('select[data-key=events]'); choice.value = 'todo'; choice.dispatchEvent(new Event('change'))")
    page.until("document.querySelectorAll('.events li').length === 1")
    page.run("const choice = document.querySelector('select[data-key=events]'); choice.value = ''; choice.dispatchEvent(new Event('change'))")
    for number in range(50):
        cli_in(project)("todo", "add", "--text", f"Todo {number}", "--task", "1")
    page.until("document.querySelectorAll('.events li').length === 50")
    page.click("[data-key='older events']")
    page.until("document.querySelectorAll('.events li').length === 53 && !document.querySelector('[data-key=\"older events\"]')")


def test_it_is_used_by_key_alone(page):
    page.run("document.activeElement.blur()")
    page.press("t")
    page.until("document.querySelectorAll('.tasks li').length === 3")
    page.press("j", "j", "k", "Enter")
    page.until("document.querySelector('.task-head')")
    page.press("l")
    page.until("document.querySelector('.entries')")
    page.press("o")
    page.until("document.querySelector('.headline')")
    page.run("location.reload()")
    page.until("document.querySelector('.headline')")
    page.press("Tab")
    assert page.run("return document.activeElement.id") == "skip"
    page.press("Enter")
    assert page.run("return document.activeElement.id") == "main"
    unnamed = "return [...document.querySelectorAll('button, select, input, a')].filter((item) => !(item.innerText || item.getAttribute('aria-label') || item.labels?.length)).length"
    assert page.run(unnamed) == 0


def test_it_fits_narrow_screens_in_light_and_dark(page):
    for hash, condition in (("#/", "document.querySelector('.headline')"), ("#/tasks", "document.querySelector('.tasks')"),
                            ("#/tasks/1", "document.querySelector('.task-head')"), ("#/log", "document.querySelector('.entries')")):
        go(page, hash, condition)
        grounds = []
        for dark in (False, True):
            page.look(width=NARROW, height=800, dark=dark)
            assert page.run("return document.documentElement.scrollWidth") <= NARROW, hash
            grounds.append(page.run("return getComputedStyle(document.body).backgroundColor"))
        assert grounds == ["rgb(252, 252, 251)", "rgb(20, 21, 23)"]


def test_another_ledger_is_chosen_in_the_page(page, project, cli_in):
    cli = cli_in(project)
    assert page.run("return document.getElementById('ledger').hidden")
    for words in (("fork", "side", "--empty"), ("switch", "main")):
        assert cli("ledger", *words).exit_code == 0
    cli("--ledger", "side", "item", "create", "Only here")
    page.until("[...document.getElementById('ledger').options].some((option) => option.value === 'side')")
    page.run("const choice = document.getElementById('ledger'); choice.value = 'side'; choice.dispatchEvent(new Event('change'))")
    go(page, "#/tasks", "document.querySelector('.tasks .title')?.innerText === 'Only here'")
    page.run("location.reload()")
    page.until("document.getElementById('ledger').value === 'side' && document.querySelectorAll('.tasks li').length === 1")
    page.run("sessionStorage.clear()")
    # While a fork was checked out, the active task may have been asked for that this one has not.
    assert all("404" in line and "/api/task" in line for line in page.complaints())


def test_a_repository_without_a_ledger_and_one_without_tasks(browser, serve, repo, cli_in):
    browser.open(serve(repo.path).door.url())
    browser.until("document.body.innerText.includes('There is no ledger main yet')")
    cli_in(repo.path)("init")
    browser.until("document.body.innerText.includes('No tasks yet')")
    cli_in(repo.path)("task", "create", "The first")
    browser.until("document.querySelector('.tasks .title')?.innerText === 'The first'")


def test_what_is_not_there_is_said_so(page):
    go(page, "#/tasks/99", "document.querySelector('[role=alert]')")
    assert "Not found" in page.text("[role=alert]")
    go(page, "#/", "document.querySelector('.headline')")
    assert all("404" in line for line in page.complaints())


def test_a_server_that_ends_is_missed(browser, project, cli_in):
    with started(cli_in(project), "--json", "--port", "0", "--refresh-ms", "50") as (process, line):
        browser.open(json.loads(line)["result"]["url"])
        browser.until("document.getElementById('live').className === 'live' && document.querySelector('.headline')")
    browser.until("document.getElementById('live-word').innerText === 'not connected'")
    assert browser.text(".headline") == "Add a parser"


def test_the_address_without_the_token_shows_nothing(browser, serve, project):
    door = serve(project).door
    browser.tell("Network.clearBrowserCookies")
    browser.open(door.address)
    assert "gitledger serve" in browser.text() and "parser" not in browser.text()
    assert all("403" in line for line in browser.complaints())
