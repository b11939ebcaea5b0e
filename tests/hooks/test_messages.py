"""What the hooks make of commit messages: the trailers of the active task, in the right place, once, and never where they do harm."""

import shutil

import pytest

from tests.hooks.conftest import editor

SCISSORS = "# ------------------------ >8 ------------------------"


@pytest.fixture
def trailers(hooked):
    """The two trailers of the active task."""
    return ["Task: task-0001", f"Task-Id: {hooked.uid()}"]


def block(lines):
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------- where the message comes from


@pytest.mark.parametrize("is_known", [True, False], ids=["from the stamp", "through Python"])
def test_a_message_is_stamped(hooked, trailers, is_known):
    if not is_known:
        (hooked.stamps / "main").unlink()
    assert hooked.try_commit("-m", "Mend it", "-m", "With care.").returncode == 0
    assert hooked.message() == f"Mend it\n\nWith care.\n\n{block(trailers)}\n"
    assert hooked.trailers() == trailers
    assert hooked.started == ([] if is_known else ["commit-msg"])


def test_every_way_to_give_a_message(hooked, trailers):
    """-F, -F -, -t, -v, -c, -C, -e, --fixup apart, and an editor."""
    hooked.write("m", "From a file\n")
    hooked.write("t", "Subject:\n\n# Say why.\n")
    last = f"\n\n{block(trailers)}\n"
    ways = [
        (["-F", "m"], {}, "From a file"),
        (["-F", "m", "-e"], editor("sed -i 's/a file/an edited file/' \"$1\""), "From an edited file"),
        (["-t", "t"], editor("sed -i 's/^Subject:/Subject: it/' \"$1\""), "Subject: it"),
        (["-v"], editor("printf 'Looked at\\n' | cat - \"$1\" >x; mv x \"$1\""), "Looked at"),
        ([], editor("printf 'Typed\\n\\nby hand' >\"$1\""), "Typed\n\nby hand"),
        (["--cleanup=scissors"], editor("printf 'Cut\\n' | cat - \"$1\" >x; mv x \"$1\""), "Cut"),
    ]
    for args, env, text in ways:
        hooked.write("file", text)
        hooked.git("add", "file")
        done = hooked.try_commit(*args, env=env)
        assert done.returncode == 0, (args, done)
        assert hooked.message() == text + last, args
    before = hooked.git("rev-parse", "HEAD")
    for args, env in ((["-C", before], {}), (["-c", before], editor("true"))):
        assert hooked.try_commit(*args, env=env).returncode == 0
        assert hooked.message() == "Cut" + last
    assert hooked.started == []


def test_the_trailers_stand_above_comments_and_the_diff(hooked, trailers):
    hooked.write("README.md", "changed\n")
    # The editor runs before the hook; a second hook shows the file that git goes on with.
    seen = hooked.path / "seen"
    after = hooked.hooks / "commit-msg"
    after.write_text(after.read_text().replace('stamp_message "$1"', f'stamp_message "$1"\ncat "$1" >"{seen}"'))
    done = hooked.try_commit("-a", "-v", env=editor("printf 'Fix\\n' | cat - \"$1\" >x; mv x \"$1\""))
    assert done.returncode == 0, done
    lines = seen.read_text().splitlines()
    assert lines[:5] == ["Fix", "", *trailers, ""]
    assert lines[5].startswith("#") and SCISSORS in lines and "+changed" in lines
    assert hooked.message() == f"Fix\n\n{block(trailers)}\n"


def test_they_join_the_trailers_that_are_there(hooked, trailers):
    hooked.try_commit("-m", "Fix\n\nBody: not one.\n\nReviewed-by: Bob <b@example.org>")
    assert hooked.trailers() == ["Reviewed-by: Bob <b@example.org>", *trailers]
    hooked.try_commit("-s", "-m", "Signed")
    assert hooked.trailers() == ["Signed-off-by: Ada Example <ada@example.org>", *trailers]
    hooked.try_commit("-m", "Own", "--trailer", "Reviewed-by=Bob")
    assert hooked.trailers() == ["Reviewed-by: Bob", *trailers]


def test_settings_of_the_users_add_nothing(hooked, trailers):
    """`git interpret-trailers` runs what `trailer.*.command` names, each time: here it is for ours alone."""
    hooked.git("config", "trailer.sign.key", "Sign")
    hooked.git("config", "trailer.sign.command", "echo surprise")
    hooked.git("config", "trailer.ifexists", "replace")
    hooked.git("config", "trailer.where", "start")
    hooked.git("config", "trailer.separators", "=:")
    hooked.settle()
    hooked.try_commit("-m", "Fix\n\nSeen=yes")
    assert hooked.message() == f"Fix\n\nSeen=yes\n\n{block(trailers)}\n"
    assert hooked.started == []


# ---------------------------------------------------------------------------------------------- once, or not at all


def test_amending_does_not_double_them(hooked, trailers):
    hooked.try_commit("-m", "Fix")
    for args, env in ((["--no-edit"], {}), (["-m", "Better"], {}), ([], editor("sed -i '1s/.*/Best/' \"$1\""))):
        assert hooked.try_commit("--amend", *args, env=env).returncode == 0
        assert hooked.trailers() == trailers
    # Another clone gave the task another number: the uid decides.
    hooked.try_commit("--amend", "-m", f"Fix\n\nTask: task-0099\n{trailers[1]}")
    assert hooked.trailers() == ["Task: task-0099", trailers[1]]


def test_a_second_task_is_added_beside(hooked, trailers):
    hooked.try_commit("-m", "Fix")
    other = hooked.new_task("Two")
    hooked.try_commit("--amend", "--no-edit")
    assert hooked.trailers() == [*trailers, "Task: task-0002", f"Task-Id: {other}"]


@pytest.mark.parametrize("subject", ["fixup! Fix", "squash! Fix", "amend! Fix\n\nFix", 'Revert "Fix"', 'Reapply "Fix"'])
def test_messages_that_belong_to_another_commit_are_left_alone(hooked, trailers, subject):
    hooked.try_commit("-m", subject)
    assert hooked.message() == subject + "\n"
    # Who names the task asks for it.
    hooked.try_commit("-m", subject, "--trailer", trailers[0])
    assert hooked.trailers() == trailers


def test_a_merge_is_left_alone(hooked, trailers):
    hooked.git("checkout", "--quiet", "-b", "side")
    hooked.write("file", "side\n")
    hooked.commit("Side")
    hooked.git("checkout", "--quiet", "main")
    (hooked.stamps / "main").unlink(missing_ok=True)
    hooked.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    assert hooked.message() == "Merge branch 'side'\n"
    # With a conflict `git commit` makes the merge.
    hooked.write("file", "main\n")
    hooked.commit("Main")
    hooked.git("checkout", "--quiet", "side")
    hooked.write("file", "again\n")
    hooked.commit("Again")
    hooked.git("checkout", "--quiet", "main")
    assert hooked.run("merge", "side").returncode == 1
    hooked.write("file", "both\n")
    hooked.git("commit", "--quiet", "-a", "--no-edit")
    assert hooked.message().startswith("Merge branch 'side'") and "Task" not in hooked.message()


def test_a_revert_is_left_alone(hooked, trailers):
    hooked.write("file", "x\n")
    hooked.commit("Fix")
    hooked.git("revert", "--no-edit", "HEAD")
    assert "Task" not in hooked.message()
    # With an editor git starts `git commit`.
    hooked.run("revert", "HEAD~1", env=editor("true"))
    assert "Task" not in hooked.message()


def test_commits_that_are_moved_keep_what_they_have(hooked, trailers):
    hooked.git("checkout", "--quiet", "-b", "side")
    for name in ("a", "b", "c"):
        hooked.write(name, name)
        hooked.commit(name)
    assert all(hooked.trailers(f"HEAD~{back}") == trailers for back in range(3))
    hooked.git("checkout", "--quiet", "main")
    hooked.git("commit", "--quiet", "--allow-empty", "--no-verify", "-m", "Main")
    other = hooked.new_task("Two")
    hooked.git("cherry-pick", "side~2")
    assert hooked.trailers() == trailers
    hooked.run("cherry-pick", "-e", "side~1", env=editor("true"))
    assert hooked.trailers() == trailers
    hooked.git("checkout", "--quiet", "side")
    reword = {"GIT_SEQUENCE_EDITOR": "sed -i '1s/pick/reword/;2s/pick/squash/'", **editor("sed -i '1s/^/re: /' \"$1\"")}
    assert hooked.run("rebase", "-i", "main~2", env=reword).returncode == 0
    assert other not in hooked.git("log", "--format=%B", "main~2..side")
    assert hooked.git("log", "--format=%(trailers:key=Task-Id,valueonly)", "main~2..side").split() == [trailers[1][9:]] * 2


def test_squashing_keeps_the_tasks_of_all(hooked, trailers):
    hooked.git("checkout", "--quiet", "-b", "side")
    hooked.write("a", "a")
    hooked.commit("A")
    two = hooked.new_task("Two")
    hooked.write("b", "b")
    hooked.commit("B")
    three = hooked.new_task("Three")
    hooked.git("checkout", "--quiet", "main")
    hooked.git("merge", "--quiet", "--squash", "side")
    # Whatever is written over git's list of the commits.
    hooked.git("commit", "--quiet", "-m", "Take it all")
    assert hooked.trailers() == [
        *("Task: task-0002", f"Task-Id: {two}"),
        *trailers,
        *("Task: task-0003", f"Task-Id: {three}"),
    ]


# ---------------------------------------------------------------------------------------------- what git gives up


@pytest.mark.parametrize(
    "script", ["true", ": >\"$1\"", "printf '\\n  \\n' >\"$1\"", "sed -i '/^[^#]/d' \"$1\"", "printf 'Signed-off-by: A <a@b>\\n' >\"$1\""]
)
@pytest.mark.parametrize("args", [[], ["-v"], ["--amend"], ["-s"], ["-c", "HEAD"]], ids="_".join)
def test_an_empty_message_aborts_the_commit(hooked, script, args):
    if script == "true" and args[:1] in (["--amend"], ["-c"]):
        pytest.skip("the message is the other commit's, and is not empty")
    before = hooked.git("rev-parse", "HEAD")
    done = hooked.try_commit(*args, env=editor(script))
    assert done.returncode == 1 and b"empty commit message" in done.stderr
    assert hooked.git("rev-parse", "HEAD") == before


@pytest.mark.parametrize("how", ["-t", "commit.template"])
@pytest.mark.parametrize("more", [[], ["-v"], ["-s"]], ids="".join)
def test_a_template_that_nobody_has_edited_aborts_the_commit(hooked, trailers, how, more):
    template = hooked.write("template", "Subject: \n\n# What, and why?\nWhy:\n")
    args = ["-t", str(template)]
    if how == "commit.template":
        hooked.git("config", "commit.template", str(template))
        args = []
    before = hooked.git("rev-parse", "HEAD")
    done = hooked.try_commit(*args, *more, env=editor("true"))
    assert done.returncode == 1 and b"did not edit the message" in done.stderr, done
    assert hooked.git("rev-parse", "HEAD") == before
    assert hooked.try_commit(*args, *more, env=editor("sed -i 's/^Why:/Why: it broke/' \"$1\"")).returncode == 0
    assert hooked.trailers()[-2:] == trailers
    # A template that was given up does not count for the next commit, which has none.
    hooked.try_commit(*args, *more, env=editor("true"))
    assert hooked.try_commit("-m", "Subject:\n\nWhy:").returncode == 0
    assert hooked.trailers()[-2:] == trailers or hooked.message().endswith(block(trailers) + "\n")


def test_no_verify_means_no_stamp(hooked):
    hooked.try_commit("--no-verify", "-m", "Quick")
    assert hooked.message() == "Quick\n"


# ---------------------------------------------------------------------------------------------- clean-up, comments, bytes


@pytest.mark.parametrize("cleanup", ["strip", "whitespace", "verbatim", "scissors", "default"])
@pytest.mark.parametrize("is_set", [True, False], ids=["setting", "option"])
def test_every_cleanup_mode(hooked, trailers, cleanup, is_set):
    if is_set:
        hooked.git("config", "commit.cleanup", cleanup)
    option = [] if is_set else [f"--cleanup={cleanup}"]
    hooked.try_commit(*option, "-m", "Fix  \n\n\nBody.")
    text = "Fix  \n\n\nBody." if cleanup == "verbatim" else "Fix\n\nBody."
    assert hooked.message() == f"{text}\n\n{block(trailers)}\n"
    done = hooked.try_commit(*option, env=editor("printf 'Typed\\n' | cat - \"$1\" >x; mv x \"$1\""))
    assert done.returncode == 0
    kept = [line for line in hooked.message().splitlines() if line and not line.startswith("#")]
    assert kept == ["Typed", *trailers]
    assert hooked.trailers() == trailers


def test_a_subject_that_looks_like_a_comment(hooked, trailers):
    """Without an editor git keeps it; with one, or when told to strip, it is none."""
    for subject in ("#42 mend it", "# 42", "#42 mend it\n\n#43 too"):
        hooked.try_commit("-m", subject)
        assert hooked.message() == f"{subject}\n\n{block(trailers)}\n"
    hooked.git("config", "commit.cleanup", "strip")
    assert b"empty commit message" in hooked.try_commit("-m", "#42 mend it").stderr


@pytest.mark.parametrize("char", [";", "@", "x", "auto"])
def test_another_comment_character(hooked, trailers, char):
    hooked.git("config", "core.commentChar", char)
    hooked.write("t", "#1 first\n\nxyz\n" if char == "auto" else "First\n")
    script = "printf '#2 typed\\n' | cat - \"$1\" >y; mv y \"$1\""
    if char == "auto":
        assert hooked.try_commit("-F", "t", "-e", env=editor(script)).returncode == 0
        assert hooked.message() == f"#2 typed\n#1 first\n\nxyz\n\n{block(trailers)}\n"
    else:
        assert hooked.try_commit(env=editor(script)).returncode == 0
        assert hooked.message() == f"#2 typed\n\n{block(trailers)}\n"
    done = hooked.try_commit("-F", "t", "-e", env=editor("sed -i '/^[^;@x]/d' \"$1\"" if char != "auto" else "sed -i '/^[^;]/d' \"$1\""))
    assert b"empty commit message" in done.stderr, done


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_messages_in_other_encodings_keep_their_bytes(hooked, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    if shell == "bash":
        hook = hooked.hooks / "commit-msg"
        hook.write_text(hook.read_text().replace("#!/bin/sh", "#!/usr/bin/env -S bash --posix"))
    hooked.git("config", "i18n.commitEncoding", "ISO-8859-1")
    hooked.settle()
    text = "Gr\xfc\xdfe\n\n\xa0\xff \xe4\n".encode("latin-1")
    hooked.write("m", text)
    hooked.git("commit", "--quiet", "--allow-empty", "-F", "m")
    raw = hooked.run("cat-file", "commit", "HEAD").stdout
    assert b"\nencoding ISO-8859-1\n" in raw
    assert raw.split(b"\n\n", 1)[1].startswith(text.rstrip() + b"\n\nTask: task-0001\nTask-Id: ")
    hooked.write("m", b"\xff\xfe")
    hooked.git("commit", "--quiet", "--allow-empty", "-F", "m")
    assert b"\n\n\xff\xfe\n\nTask: " in hooked.run("cat-file", "commit", "HEAD").stdout


def test_line_ends_of_windows(hooked, trailers):
    hooked.write("m", "Fix\r\n\r\nBody.\r\n\r\nReviewed-by: Bob\r\n")
    hooked.try_commit("-F", "m")
    assert hooked.message() == f"Fix\n\nBody.\n\nReviewed-by: Bob\n{block(trailers)}\n"
    hooked.write("m", f"Fix\r\n\r\n{trailers[0]}\r\n{trailers[1]}\r\n")
    hooked.try_commit("-F", "m")
    assert hooked.trailers() == trailers


def test_a_message_is_never_run(hooked, trailers):
    """Neither what is in a message, nor in the name of a branch."""
    branch = "a$(touch${IFS}pwned)`touch${IFS}pwned`';\"|&"
    hooked.git("checkout", "--quiet", "-b", branch)
    text = "$(touch pwned) `touch pwned` ${PATH} \\n %s %d -e\n\n-n '\"\n*"
    hooked.try_commit("-m", text)
    assert hooked.message() == f"{text}\n\n{block(trailers)}\n"
    assert not (hooked.path / "pwned").exists()


def test_the_names_of_the_trailers_are_the_policys(hooked):
    hooked.write(".gitledger.yaml", "version: 1\ntrailers: {task: Work-Item, id: Work-Item-Uid}\n")
    hooked.try_commit("-m", "Fix")
    assert [line.partition(":")[0] for line in hooked.trailers()] == ["Work-Item", "Work-Item-Uid"]
    assert hooked.started == ["commit-msg"]


def test_a_long_message_and_one_without_a_final_newline(hooked, trailers):
    hooked.write("m", "Fix\n\n" + "word \\ \n" * 5000 + "end")
    hooked.try_commit("-F", "m")
    assert hooked.message().endswith(f"\nend\n\n{block(trailers)}\n")
    assert len(hooked.message().splitlines()) == 5006
