"""Who is asking, from where, and what the settings say: the order of design §6, place by place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitledger import config
from gitledger.errors import InvalidInput
from gitledger.model.policy import Policy


def load(environ=None, settings=None, terminal=False):
    return config.load(environ or {}, (settings or {}).get, Policy(), stdin_is_terminal=terminal)


def who(environ=None, settings=None, terminal=False, **flags):
    actor = load({"LOGNAME": "ada", **(environ or {})}, settings, terminal).actor(**flags)
    return f"{actor.type}/{actor.name}" + (f"/{actor.role}" if actor.role else "")


SETTING = {"taskledger.actor": "agent:bot:reviewer"}
ENVIRON = {"GITLEDGER_ACTOR_TYPE": "system", "GITLEDGER_ACTOR_NAME": "nightly", "GITLEDGER_ACTOR_ROLE": "operator"}


class TestActor:
    def test_nothing_known(self):
        assert who() == "agent/gitledger"

    def test_a_terminal_is_a_user(self):
        assert who(terminal=True) == "user/ada"

    def test_continuous_integration_is_not_a_user_even_on_a_terminal(self):
        assert who({"GITHUB_ACTIONS": "true"}, terminal=True) == "system/github-actions"
        assert who({"GITLAB_CI": "true", "CI": "true"}) == "system/gitlab-ci"
        assert who({"CI": "1"}) == "system/ci"
        assert who({"CI": "false"}, terminal=True) == "user/ada"

    def test_a_harness_outranks_continuous_integration_and_the_terminal(self):
        assert who({"CLAUDECODE": "1", "GITHUB_ACTIONS": "true"}, terminal=True) == "agent/claude"

    def test_a_named_harness_makes_an_agent_unless_it_is_manual(self):
        assert who({"GITLEDGER_HARNESS": "mine"}, terminal=True) == "agent/mine"
        assert who(harness="mine", terminal=True) == "agent/mine"
        assert who({"TASKLEDGER_HARNESS": "manual"}, terminal=True) == "user/ada"

    def test_the_setting_outranks_detection(self):
        assert who({"CLAUDECODE": "1"}, SETTING, True) == "agent/bot/reviewer"
        assert who({}, {"taskledger.actor": "user:Ada Lovelace"}) == "user/Ada Lovelace"
        assert who({}, {"taskledger.actor": " "}) == "agent/gitledger"

    def test_a_setting_names_the_harness_of_whoever_works_here(self):
        setting = {"taskledger.harness": "codex"}
        assert who({}, setting) == "agent/codex" and load({}, setting).harness == "codex"
        assert who({}, setting, True) == "user/ada" and load({}, setting, terminal=True).actor().harness == "codex"
        assert who({"CI": "1"}, setting, True) == "agent/codex"
        assert load({"GITLEDGER_HARNESS": "mine"}, setting).harness == "mine"
        assert load({"CLAUDECODE": "1"}, setting).detected_harness == "claude"
        assert load({}, {"taskledger.harness": "ci:nightly"}).harness_kind == "ci"
        assert load({}, setting).harness_kind == "agent_harness" and load({}, {"taskledger.harness": " "}).harness is None
        assert load({}, setting).names_nobody

    @pytest.mark.parametrize("value", ["robot:codex", "ci:", ":codex", "codex\x07", "x" * 201])
    def test_a_wrong_harness_is_refused_by_name(self, value):
        with pytest.raises(InvalidInput, match="taskledger.harness"):
            load({}, {"taskledger.harness": value})

    def test_the_environment_outranks_the_setting(self):
        assert who(ENVIRON, SETTING) == "system/nightly/operator"

    def test_both_families_of_names_are_read_ours_first(self):
        old = {"TASKLEDGER_ACTOR_TYPE": "user", "TASKLEDGER_ACTOR_NAME": "bob", "TASKLEDGER_ACTOR_ROLE": "planner"}
        assert who(old) == "user/bob/planner"
        assert who({**old, "GITLEDGER_ACTOR_NAME": "eve"}) == "user/eve/planner"

    def test_flags_outrank_everything(self):
        assert who(ENVIRON, SETTING, actor="user", actor_name="eve", actor_role="planner") == "user/eve/planner"

    def test_a_type_alone_counts(self):
        assert who(actor="user") == "user/ada"
        assert who({"CLAUDECODE": "1"}, actor="user") == "user/ada"
        assert who(actor="agent", terminal=True) == "agent/gitledger"
        assert who({"CLAUDECODE": "1"}, actor="agent") == "agent/claude"
        assert who({"GITLAB_CI": "1"}, actor="system") == "system/gitlab-ci"
        assert who(actor="system") == "system/gitledger"
        assert who({"GITLEDGER_ACTOR_TYPE": "user"}) == "user/ada"

    def test_a_name_alone_counts(self):
        assert who(actor_name="eve") == "agent/eve"
        assert who(actor_name="eve", terminal=True) == "user/eve"
        assert who({}, SETTING, actor_name="eve") == "agent/eve/reviewer"

    def test_a_role_alone_counts(self):
        assert who(actor_role="planner") == "agent/gitledger/planner"

    def test_the_name_of_another_type_is_not_borrowed(self):
        assert who({}, SETTING, actor="user") == "user/ada"

    def test_a_name_of_the_same_type_is_borrowed(self):
        assert who({}, SETTING, actor="agent") == "agent/bot/reviewer"

    @pytest.mark.parametrize(
        ("flags", "environ", "name"),
        [
            ({"actor": "robot"}, {}, "--actor"),
            ({"actor": "User"}, {}, "--actor"),
            ({"actor_name": "a\nb"}, {}, "--actor-name"),
            ({"actor_name": "\udcff"}, {}, "--actor-name"),
            ({"actor_role": "x" * 201}, {}, "--actor-role"),
            ({"harness": "\x1b[31m"}, {}, "--harness"),
            ({}, {"GITLEDGER_ACTOR_TYPE": "robot"}, "GITLEDGER_ACTOR_TYPE"),
            ({}, {"TASKLEDGER_ACTOR_TYPE": "robot"}, "TASKLEDGER_ACTOR_TYPE"),
            ({}, {"GITLEDGER_ACTOR_NAME": "\udcff"}, "GITLEDGER_ACTOR_NAME"),
            ({}, {"GITLEDGER_LEDGER": "a\x00b"}, "GITLEDGER_LEDGER"),
        ],
    )
    def test_a_wrong_value_is_refused_by_name(self, flags, environ, name):
        with pytest.raises(InvalidInput) as caught:
            who(environ, **flags)
        assert caught.value.message.startswith(f"{name} ")

    def test_blank_flags_and_variables_say_nothing(self):
        blank = dict.fromkeys(("GITLEDGER_ACTOR_TYPE", "GITLEDGER_ACTOR_NAME", "GITLEDGER_HARNESS", "GITLEDGER_SESSION"), " ")
        assert who(blank, actor="", actor_name=" ", session_id="") == "agent/gitledger"
        assert load(blank).session is None

    @pytest.mark.parametrize("value", ["ada", "robot:x", "user:", "user::reviewer", ":ada", "user:a\x07"])
    def test_a_wrong_setting_is_refused_by_name(self, value):
        with pytest.raises(InvalidInput, match="taskledger.actor") as caught:
            load({}, {"taskledger.actor": value})
        assert caught.value.hint == ("git", "config", "--show-origin", "--get-all", "taskledger.actor")


class TestWhere:
    def test_without_a_session_the_worktree_tells_holders_apart(self):
        actor = load().actor(hostname="h", pid=7, worktree="12345678")
        assert (actor.session, actor.host, actor.pid, actor.worktree) == (None, "h", 7, "12345678")

    def test_with_a_session_the_worktree_is_left_out(self):
        actor = load({"GITLEDGER_SESSION": "s1"}).actor(hostname="h", pid=7, worktree="12345678")
        assert (actor.session, actor.worktree) == ("s1", None)
        assert load().actor(session_id="s2", worktree="12345678").worktree is None

    def test_one_session_holds_from_every_worktree_and_host(self):
        one = load({"GITLEDGER_SESSION": "s"}).actor(hostname="a", worktree="1" * 8)
        two = load({"GITLEDGER_SESSION": "s"}).actor(hostname="b", worktree="2" * 8)
        assert one.holder() == two.holder()

    def test_with_a_seed_nothing_of_the_machine_shows(self):
        made = load({"GITLEDGER_TEST_SEED": "7", "LOGNAME": "ada"}, terminal=True)
        actor = made.actor(hostname="real", pid=99, worktree="feedface")
        assert (actor.name, actor.host, actor.pid, actor.worktree) == ("tester", "testhost", 1, "00000000")
        assert made.test_seed == "7"


class TestSession:
    @pytest.mark.parametrize(
        ("environ", "key"),
        [
            ({}, None),
            ({"GITLEDGER_SESSION": "mine"}, "mine"),
            ({"TASKLEDGER_SESSION_ID": "old"}, "old"),
            ({"GITLEDGER_SESSION": "mine", "TASKLEDGER_SESSION_ID": "old", "DSH_SESSION_ID": "x"}, "mine"),
            ({"DSH_SESSION_ID": "1", "CLAUDE_CODE_SESSION_ID": "2"}, "dsh_1"),
            ({"CLAUDE_CODE_SESSION_ID": "2", "CODEX_THREAD_ID": "3"}, "claude_2"),
            ({"CODEX_THREAD_ID": "3"}, "codex_3"),
            ({"GEMINI_SESSION_ID": "4"}, "gemini_4"),
            ({"QODER_SESSION_ID": "5"}, "qoder_5"),
            ({"KIRO_SESSION_ID": "6"}, "kiro_6"),
            ({"COPILOT_SESSION_ID": "7"}, "copilot_7"),
            ({"COPILOT_SESSIONID": "7"}, "copilot_7"),
            ({"CLAUDE_SESSION_ID": "8"}, "claude_8"),
            ({"SNOW_SESSION_ID": "9"}, "snow_9"),
            ({"CURSOR_CONVERSATION_ID": "10"}, "cursor_10"),
            ({"CURSOR_CONVERSATIONID": "10"}, "cursor_10"),
            ({"GEMINI_TRANSCRIPT_PATH": "/t.json"}, "gemini_transcript_2fa99ba56654665c80f005bd"),
            ({"FACTORY_TRANSCRIPT_PATH": "/t.json"}, "droid_transcript_2fa99ba56654665c80f005bd"),
            ({"DROID_TRANSCRIPT_PATH": "/t.json"}, "droid_transcript_2fa99ba56654665c80f005bd"),
            ({"CODEBUDDY_TRANSCRIPT_PATH": "/t.json"}, "codebuddy_transcript_2fa99ba56654665c80f005bd"),
            ({"CODEX_SESSION_ID": "guessed name, dropped upstream"}, None),
        ],
    )
    def test_key_of_a_platform(self, environ, key):
        assert load(environ).session == key

    @given(st.text(min_size=1))
    def test_a_key_is_a_safe_name(self, text):
        key = config.session_key(text)
        assert 0 < len(key) <= 160 and key.strip(".") and set(key) <= set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
        )

    @given(st.text(min_size=1), st.text(min_size=1))
    def test_different_sessions_have_different_keys(self, one, two):
        assert (config.session_key(one) == config.session_key(two)) == (one == two)

    def test_long_and_foreign_names_stay_apart(self):
        keys = {config.session_key(text) for text in ("会议一", "会议二", "x" * 200 + "a", "x" * 200 + "b", "a b", "a_b", "..")}
        assert len(keys) == 7


class TestHarness:
    @pytest.mark.parametrize(
        ("environ", "name", "kind"),
        [
            ({}, None, "unknown"),
            ({"OPENCODE_VERSION": "1"}, "opencode", "agent_harness"),
            ({"CODEX_VERSION": "1"}, "codex", "agent_harness"),
            ({"PI_VERSION": "1"}, "pi", "agent_harness"),
            ({"CLAUDECODE": "1"}, "claude", "agent_harness"),
            ({"CLAUDE_CODE_SESSION_ID": "x"}, "claude", "agent_harness"),
            ({"GEMINI_CLI": "1"}, "gemini", "agent_harness"),
            ({"CURSOR_AGENT": "1"}, "cursor", "agent_harness"),
            ({"CURSOR_AGENT": "0"}, None, "unknown"),
            ({"QODER_SESSION_ID": "x"}, "qoder", "agent_harness"),
            ({"KIRO_SESSION_ID": "x"}, "kiro", "agent_harness"),
            ({"COPILOT_CLI": "1"}, "copilot", "agent_harness"),
            ({"FACTORY_TRANSCRIPT_PATH": "x"}, "droid", "agent_harness"),
            ({"AI_AGENT": "devin@1"}, "devin", "agent_harness"),
            ({"GITHUB_ACTIONS": "true"}, "github-actions", "ci"),
            ({"GITLEDGER_HARNESS": "mine", "TASKLEDGER_HARNESS": "old", "CLAUDECODE": "1"}, "mine", "agent_harness"),
            ({"TASKLEDGER_HARNESS": "manual"}, "manual", "manual"),
        ],
    )
    def test_the_one_named_else_the_one_detected(self, environ, name, kind):
        made = load(environ)
        assert (made.harness, made.harness_kind) == (name, kind)
        assert made.actor().harness == name

    def test_what_is_named_does_not_hide_what_is_detected(self):
        made = load({"GITLEDGER_HARNESS": "manual", "CLAUDECODE": "1"}, terminal=True)
        assert (made.harness, made.detected_harness, made.has_terminal, made.is_ci) == ("manual", "claude", True, False)


class TestPerson:
    IDENTITY = {"user.name": "Ada Lovelace", "user.email": "ada@example.org"}

    def test_author_variables_then_the_given_then_the_settings_then_the_actor(self):
        env = {"GIT_AUTHOR_NAME": "Eve", "GIT_AUTHOR_EMAIL": "eve@example.org"}
        assert load(env, self.IDENTITY).person(("X", "x@y")) == "Eve <eve@example.org>"
        assert load({}, self.IDENTITY).person(("X", "x@y")) == "X <x@y>"
        assert load({}, self.IDENTITY).person() == "Ada Lovelace <ada@example.org>"
        assert load().person(actor="bot") == "bot <bot@gitledger.invalid>"
        assert load({"GIT_AUTHOR_NAME": "Eve"}, self.IDENTITY).person() == "Eve <ada@example.org>"

    def test_the_author_setting_outranks_the_user_setting(self):
        assert load({}, {**self.IDENTITY, "author.name": "Pen Name"}).person() == "Pen Name <ada@example.org>"

    def test_it_never_breaks_a_commit(self):
        env = {"GIT_AUTHOR_NAME": "E<v>e\n", "GIT_AUTHOR_EMAIL": "<e@x>\x07"}
        assert load(env).person() == "E v e <e@x>"
        assert load().person(actor="Ada Lovelace!") == "Ada Lovelace! <Ada-Lovelace@gitledger.invalid>"
        assert load().person(actor="<>") == "gitledger <gitledger@gitledger.invalid>"
        assert load({"GIT_AUTHOR_NAME": "\udcff"}).person(actor="é") == "é <gitledger@gitledger.invalid>"

    def test_the_actor_carries_it(self):
        assert load({}, self.IDENTITY).actor().person == "Ada Lovelace <ada@example.org>"
        assert load({}, self.IDENTITY).actor(person="P <p@q>").person == "P <p@q>"
        assert load().actor(actor_name="bot").person == "bot <bot@gitledger.invalid>"


class TestSettings:
    @pytest.mark.parametrize(("value", "seconds"), [(None, 7200), ("60", 60), ("30m", 1800), ("2h", 7200), ("1d", 86400)])
    def test_lease(self, value, seconds):
        assert load({}, {"taskledger.lease": value}).lease_s == seconds

    @pytest.mark.parametrize("value", ["", "0", "-5", "soon", "1.5h"])
    def test_a_wrong_lease(self, value):
        with pytest.raises(InvalidInput, match="taskledger.lease"):
            load({}, {"taskledger.lease": value})

    @pytest.mark.parametrize(
        ("settings", "fsync"),
        [
            ({}, False),
            ({"taskledger.fsync": "true"}, True),
            ({"taskledger.fsync": "1"}, True),
            ({"taskledger.fsync": "off", "core.fsync": "all"}, False),
            ({"core.fsync": "all"}, True),
            ({"core.fsync": "committed"}, True),
            ({"core.fsync": "none, loose-object"}, True),
            ({"core.fsync": "objects,-loose-object"}, True),
            ({"core.fsync": "pack,reference"}, False),
            ({"core.fsync": "none"}, False),
            ({"core.fsync": "-loose-object"}, False),
            ({"core.fsync": "none", "core.fsyncObjectFiles": "true"}, False),
            ({"core.fsyncObjectFiles": "true"}, True),
        ],
    )
    def test_fsync_follows_git_unless_told(self, settings, fsync):
        assert load({}, settings).fsync is fsync

    def test_a_wrong_fsync(self):
        with pytest.raises(InvalidInput, match="taskledger.fsync"):
            load({}, {"taskledger.fsync": "perhaps"})

    @pytest.mark.parametrize(
        ("value", "said"),
        [(None, "false"), ("", "false"), ("true", "true"), ("Yes", "true"), ("0", "false"), ("require", "require"), (" REQUIRE ", "require")],
    )
    def test_pushing_with_code(self, value, said):
        assert load({}, {"taskledger.pushWithCode": value}).push_with_code == said

    def test_merging_with_code(self):
        assert load().merge_with_code is False
        assert load({}, {"taskledger.mergeWithCode": "on"}).merge_with_code is True

    @pytest.mark.parametrize("name", ["taskledger.pushWithCode", "taskledger.mergeWithCode"])
    def test_a_wrong_word_about_code(self, name):
        with pytest.raises(InvalidInput, match=name):
            load({}, {name: "perhaps"})

    @pytest.mark.parametrize(
        ("text", "reason"),
        [(None, None), ("", None), (" \n ", None), (" the site\n is\tdown ", "the site is down"), ("a\x1b[2Jb", "a [2Jb"), ("x" * 2000, "x" * 1000)],
    )
    def test_why_a_policy_is_passed_over(self, text, reason):
        assert load({} if text is None else {"GITLEDGER_OVERRIDE": text}).override == reason

    def test_ledger_and_task(self):
        made = load({"GITLEDGER_LEDGER": "feature/x", "GITLEDGER_TASK": "task-0030"}, {"taskledger.default": "trunk"})
        assert (made.ledger, made.task, made.default_ledger) == ("feature/x", "task-0030", "trunk")
        assert (load().ledger, load().task, load().default_ledger) == (None, None, None)

    @pytest.mark.parametrize(
        ("text", "time"),
        [
            ("2026-11-20T10:15:00Z", "2026-11-20T10:15:00.000000Z"),
            ("2026-11-20T10:15:00.12Z", "2026-11-20T10:15:00.120000Z"),
            ("2026-11-20T10:15:00.123456Z", "2026-11-20T10:15:00.123456Z"),
        ],
    )
    def test_the_clock_of_a_test(self, text, time):
        assert load({"GITLEDGER_TEST_NOW": text}).test_now == time

    @pytest.mark.parametrize("text", ["now", "2026-11-20", "2026-13-20T10:15:00Z", "2026-11-20T10:15:00+01:00"])
    def test_a_wrong_clock(self, text):
        with pytest.raises(InvalidInput, match="GITLEDGER_TEST_NOW"):
            load({"GITLEDGER_TEST_NOW": text})

    def test_discovery_gets_what_git_would_heed(self):
        environ = {"GIT_DIR": "/r/.git", "GIT_WORK_TREE": "/r", "GIT_INDEX_FILE": "/x", "GIT_COMMON_DIR": "", "PATH": "/bin"}
        assert config.git_environ(environ) == {"GIT_DIR": "/r/.git", "GIT_WORK_TREE": "/r"}
        assert load(environ).git_environ == config.git_environ(environ)

    def test_a_hook_acts_for_the_committer_and_starts_no_hook(self):
        git = {"GIT_AUTHOR_NAME": "Bob", "GIT_AUTHOR_EMAIL": "b@x", "GIT_AUTHOR_DATE": "@1", "PATH": "/bin", "GITLEDGER_HOOKS": "1"}
        assert config.hook_environ(git) == {"PATH": "/bin", "GITLEDGER_HOOKS": "0"}
        ours = config.hook_environ({**git, "GIT_COMMITTER_NAME": "Cleo", "GIT_COMMITTER_EMAIL": "c@x"})
        assert load(ours).actor().person == "Cleo <c@x>"

    def test_nobody_is_named_where_nothing_says_anything(self):
        assert load().names_nobody
        assert not load(terminal=True).names_nobody
        assert not load({}, {"taskledger.actor": "user:ada"}).names_nobody
        for name in ("GITLEDGER_ACTOR_NAME", "GITLEDGER_ACTOR_ROLE", "GITLEDGER_SESSION", "GITLEDGER_HARNESS", "CI", "CLAUDECODE"):
            assert not load({name: "1"}).names_nobody, name

    def test_it_cannot_be_changed(self):
        with pytest.raises(AttributeError):
            load().ledger = "x"


@given(
    st.dictionaries(
        st.sampled_from(
            ["GITLEDGER_ACTOR_TYPE", "GITLEDGER_ACTOR_NAME", "GITLEDGER_SESSION", "CLAUDECODE", "CI", "AI_AGENT",
             "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "LOGNAME", "GITLEDGER_TEST_SEED", "CODEX_THREAD_ID"]
        ),
        st.text(max_size=20),
    ),
    st.booleans(),
)
def test_any_environment_gives_an_actor_that_can_be_written_or_a_refusal(environ, terminal):
    try:
        actor = load(environ, terminal=terminal).actor(hostname="h", pid=1, worktree="0" * 8)
    except InvalidInput:
        return
    assert actor.type in config.ACTOR_TYPES and actor.name
    for text in (actor.name, actor.session, actor.harness, actor.person):
        assert text is None or text.isprintable()
        assert text is None or text.encode()
    assert actor.person.count("<") == actor.person.count(">") == 1
