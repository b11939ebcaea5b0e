"""The environment, git's configuration and the policy made into one frozen `Config`: nothing else reads them."""

from collections.abc import Callable, Mapping

import re

from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model.policy import Policy, parse_duration
from gitledger.model.task import Actor

ACTOR_TYPES = ("agent", "user", "system")
HARNESS_KINDS = ("agent_harness", "manual", "ci", "unknown")
DEFAULT_LEASE = 7200
DEFAULT_NAMESPACE = "refs/taskledger"
DEFAULT_RETRIES = 10
INVALID_HOST = "gitledger.invalid"

# What decides which repository the git command would work in (git(1), "The Git Repository").
DISCOVERY = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
)

# Where a platform names its session, in the order in which they are asked (Trellis 0.6.15; zcode runs as
# claude). A transcript is a path: its digest makes the key.
SESSIONS = (
    ("dsh", "DSH_SESSION_ID"),
    ("claude", "CLAUDE_CODE_SESSION_ID"),
    ("codex", "CODEX_THREAD_ID"),
    ("gemini", "GEMINI_SESSION_ID"),
    ("gemini", "GEMINI_TRANSCRIPT_PATH"),
    ("qoder", "QODER_SESSION_ID"),
    ("qoder", "QODER_TRANSCRIPT_PATH"),
    ("kiro", "KIRO_SESSION_ID"),
    ("copilot", "COPILOT_SESSION_ID"),
    ("copilot", "COPILOT_SESSIONID"),
    ("claude", "CLAUDE_SESSION_ID"),
    ("snow", "SNOW_SESSION_ID"),
    ("cursor", "CURSOR_CONVERSATION_ID"),
    ("cursor", "CURSOR_CONVERSATIONID"),
    ("cursor", "CURSOR_TRANSCRIPT_PATH"),
    ("droid", "FACTORY_TRANSCRIPT_PATH"),
    ("droid", "DROID_TRANSCRIPT_PATH"),
    ("codebuddy", "CODEBUDDY_TRANSCRIPT_PATH"),
)

# What the harnesses set for the programs they start, beside the session variables above.
HARNESSES = (
    ("opencode", "OPENCODE_VERSION"),
    ("opencode", "OPENCODE"),
    ("codex", "CODEX_VERSION"),
    ("codex", "CODEX_SANDBOX"),
    ("pi", "PI_VERSION"),
    ("claude", "CLAUDECODE"),
    ("gemini", "GEMINI_CLI"),
    ("cursor", "CURSOR_AGENT"),
    ("copilot", "COPILOT_CLI"),
    *SESSIONS,
)

# Continuous integration: the name of the system, and the variable that says `true`.
CI = (
    ("github-actions", "GITHUB_ACTIONS"),
    ("gitlab-ci", "GITLAB_CI"),
    ("buildkite", "BUILDKITE"),
    ("circleci", "CIRCLECI"),
    ("travis-ci", "TRAVIS"),
    ("azure-pipelines", "TF_BUILD"),
    ("ci", "CI"),
)

_FALSE = ("", "0", "false", "no", "off")
_TRUE = ("1", "true", "yes", "on")


class Claimed(Struct, frozen=True):
    """What one place says about who is acting; each part may be missing."""

    type: str | None = None
    name: str | None = None
    role: str | None = None


class Config(Struct, frozen=True, kw_only=True):
    """All that the surroundings say.

    `harness` is the one named or detected, `detected_harness` the one detected whatever anybody names,
    `ci` the name of the continuous integration system. `session` is a key of `[A-Za-z0-9._-]`, at most
    160 characters. `environ` is for the programs that are started, `git_environ` for finding the repository.
    `push_with_code`: `false`, `true` or `require`. `override` is why a policy may be passed, `index_file` the index
    that git has for a commit that is being made, `schemas_file` the orchestrator's configuration file, if it is named.
    """

    policy: Policy
    environ: Mapping[str, str]
    git_environ: dict[str, str]
    ledger: str | None = None
    task: str | None = None
    default_ledger: str | None = None
    session: str | None = None
    harness: str | None = None
    detected_harness: str | None = None
    ci: str | None = None
    has_terminal: bool = False
    lease_s: int = DEFAULT_LEASE
    claims_are_remote: bool = False
    remote_namespace: str = DEFAULT_NAMESPACE
    sync_retries: int = DEFAULT_RETRIES
    fsync: bool = False
    push_with_code: str = "false"
    merge_with_code: bool = False
    override: str | None = None
    index_file: str | None = None
    schemas_file: str | None = None
    login: str = "user"
    from_environment: Claimed = Claimed()
    from_git: Claimed = Claimed()
    harness_from_git: tuple[str | None, str | None] = (None, None)
    author: tuple[str | None, str | None] = (None, None)
    identity: tuple[str | None, str | None] = (None, None)
    test_now: str | None = None
    test_seed: str | None = None

    @property
    def is_ci(self) -> bool:
        """Whether this runs in continuous integration."""
        return self.ci is not None

    @property
    def names_nobody(self) -> bool:
        """Whether nothing at all tells who acts, and `agent`/`gitledger` is all there is to say."""
        said = (self.from_environment, self.from_git) != (Claimed(), Claimed())
        named = self.harness if self.harness != self.harness_from_git[0] else None
        return not (said or named or self.has_terminal or self.session)

    @property
    def named_kind(self) -> str | None:
        """The kind that the git setting gives the harness which it names."""
        name, kind = self.harness_from_git
        return kind if name == self.harness else None

    @property
    def harness_kind(self) -> str:
        """`agent_harness`, `ci`, `manual` or `unknown`."""
        if self.harness is None:
            return "unknown"
        if self.named_kind is not None:
            return self.named_kind
        if self.harness == self.ci or self.harness in [name for name, _ in CI]:
            return "ci"
        return "manual" if self.harness == "manual" else "agent_harness"

    def actor(
        self,
        *,
        actor: str | None = None,
        actor_name: str | None = None,
        actor_role: str | None = None,
        harness: str | None = None,
        session_id: str | None = None,
        person: str | None = None,
        hostname: str | None = None,
        pid: int | None = None,
        worktree: str | None = None,
    ) -> Actor:
        """Who acts: flags, environment, `taskledger.actor`, detection, a terminal, else `agent`/`gitledger`.

        The first five are the flags. A name or role only joins a type that its own place allows: `--actor
        user` over the setting `agent:bot` is not a user called bot. `person` is `Name <email>`; when it is
        None it is made of git's identity.
        """
        flags = Claimed(_type(actor, "--actor"), _word(actor_name, "--actor-name"), _word(actor_role, "--actor-role"))
        harness = _word(harness, "--harness") or self.harness
        key = (session_id or "").strip()
        session = session_key(key) if key else self.session
        places = (flags, self.from_environment, self.from_git, self._detected(harness))
        kind = next(place.type for place in places if place.type)
        fitting = [place for place in places if place.type in (None, kind)]
        name = next((place.name for place in fitting if place.name), None) or self._name_of(kind)
        if self.test_seed is not None:
            hostname, pid, worktree = "testhost", 1, "00000000"
        return Actor(
            type=kind,
            name=name,
            role=next((place.role for place in fitting if place.role), None),
            harness=harness,
            session=session,
            host=hostname,
            pid=pid,
            person=person or self.person(actor=name),
            worktree=None if session else worktree,
        )

    def person(self, identity: tuple[str | None, str | None] | None = None, *, actor: str = "gitledger") -> str:
        """`Name <email>` of the person: `GIT_AUTHOR_*`, then `identity` (default: git's settings), else the actor's."""
        fallback = self.identity if identity is None else identity
        name = _crudless(self.author[0]) or _crudless(fallback[0]) or _crudless(actor) or "gitledger"
        email = _crudless(self.author[1]) or _crudless(fallback[1])
        if not email:
            local = re.sub(r"[^A-Za-z0-9._+-]+", "-", _crudless(actor)).strip("-.") or "gitledger"
            email = f"{local}@{INVALID_HOST}"
        return f"{name} <{email.replace(' ', '')}>"

    def _detected(self, harness: str | None) -> Claimed:
        """The last place: it always has a type."""
        if self.has_terminal and harness == self.harness_from_git[0] and not (self.detected_harness or self.ci):
            return Claimed("user", self.login)  # The setting names a program for whoever works here, people too.
        if harness and harness != "manual" and harness not in [name for name, _ in CI]:
            return Claimed("agent", harness)
        if self.ci:
            return Claimed("system", self.ci)
        if self.has_terminal:
            return Claimed("user", self.login)
        return Claimed("agent", "gitledger")

    def _name_of(self, kind: str) -> str:
        """The name of an actor of whom only the type is known."""
        return {"user": self.login, "system": self.ci}.get(kind) or "gitledger"


def load(
    environ: Mapping[str, str],
    setting: Callable[[str], str | None],
    policy: Policy,
    *,
    stdin_is_terminal: bool,
) -> Config:
    """Read everything once. `InvalidInput` names the variable or the git setting that has a wrong value."""
    seed = _variable(environ, "GITLEDGER_TEST_SEED")
    detected = _detect(environ)
    ci = next((name for name, variable in CI if _says_yes(environ, variable)), None)
    named = _variable(environ, "GITLEDGER_HARNESS", "TASKLEDGER_HARNESS")
    set_harness = (None, None) if named else _git_harness(setting("taskledger.harness"))
    return Config(
        policy=policy,
        environ=environ,
        git_environ=git_environ(environ),
        ledger=_variable(environ, "GITLEDGER_LEDGER"),
        task=_variable(environ, "GITLEDGER_TASK"),
        default_ledger=(setting("taskledger.default") or "").strip() or None,
        session=_session(environ),
        harness=named or set_harness[0] or detected or ci,
        detected_harness=detected,
        ci=ci,
        has_terminal=stdin_is_terminal,
        lease_s=_lease(setting("taskledger.lease")),
        claims_are_remote=_claims_are_remote(setting("taskledger.claims")),
        remote_namespace=_namespace(setting("taskledger.remoteNamespace")),
        sync_retries=_retries(setting("taskledger.syncRetries")),
        fsync=_fsync(setting),
        push_with_code=_push_with_code(setting("taskledger.pushWithCode")),
        merge_with_code=_bool(setting("taskledger.mergeWithCode") or "false", "taskledger.mergeWithCode"),
        override=_override(environ),
        index_file=environ.get("GIT_INDEX_FILE") or None,
        schemas_file=orchestrator_files(environ).configuration,
        login="tester" if seed is not None else _login(environ),
        from_environment=Claimed(
            _type(_variable(environ, "GITLEDGER_ACTOR_TYPE"), "GITLEDGER_ACTOR_TYPE")
            or _type(_variable(environ, "TASKLEDGER_ACTOR_TYPE"), "TASKLEDGER_ACTOR_TYPE"),
            _variable(environ, "GITLEDGER_ACTOR_NAME", "TASKLEDGER_ACTOR_NAME"),
            _variable(environ, "GITLEDGER_ACTOR_ROLE", "TASKLEDGER_ACTOR_ROLE"),
        ),
        from_git=_git_actor(setting("taskledger.actor")),
        harness_from_git=set_harness,
        author=(environ.get("GIT_AUTHOR_NAME"), environ.get("GIT_AUTHOR_EMAIL")),
        identity=(
            setting("author.name") or setting("user.name"),
            setting("author.email") or setting("user.email"),
        ),
        test_now=_test_now(environ),
        test_seed=seed,
    )


class OrchestratorFiles(Struct, frozen=True):
    """Where task-orchestrator-py keeps its files, as its own variables say; relative paths are seen from where it is started."""

    database: str
    workspaces: str
    configuration: str | None


def orchestrator_files(environ: Mapping[str, str]) -> OrchestratorFiles:
    """The reference's files; `~` stands for the home folder."""
    home = environ.get("HOME") or environ.get("USERPROFILE") or "."

    def seen(path: str) -> str:
        return home + path[1:] if path.startswith("~/") else path

    database = seen(environ.get("TASK_ORCHESTRATOR_DB") or "~/.task-orchestrator/tasks.db")
    beside = f"{database.rpartition('/')[0] or '.'}/workspaces.json"
    workspaces, configuration = environ.get("TASK_ORCHESTRATOR_WORKSPACES"), environ.get("TASK_ORCHESTRATOR_CONFIG")
    return OrchestratorFiles(database, seen(workspaces or beside), seen(configuration) if configuration else None)


def git_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Those variables by which git finds a repository; needed before the rest of the configuration can be read."""
    return {name: environ[name] for name in DISCOVERY if environ.get(name)}


def hook_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """What a hook makes of the environment that git gave it; no hook runs for what it starts.

    Git exports whom the commit names as its author (`--author`, `--amend`) to its hooks. Who acts is the committer.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("GIT_AUTHOR_")}
    for part in ("NAME", "EMAIL"):
        if environ.get(f"GIT_COMMITTER_{part}"):
            kept[f"GIT_AUTHOR_{part}"] = environ[f"GIT_COMMITTER_{part}"]
    return kept | {"GITLEDGER_HOOKS": "0"}


def session_key(text: str) -> str:
    """`text` as a session key: `[A-Za-z0-9._-]`, at most 160 characters, different for different texts."""
    key = re.sub(r"[^A-Za-z0-9._-]+", "_", text)
    if key == text and len(key) <= 160 and key.strip("."):
        return key
    # What was replaced or cut off still tells sessions apart.
    return f"{key[:135]}_{_digest(text)}"


# ---------------------------------------------------------------------------------------------- reading


def _digest(text: str) -> str:
    from gitledger.model.digest import sha256

    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _word(text: str | None, name: str) -> str | None:
    """One line of 1 to 200 characters; None when it is missing or blank."""
    text = (text or "").strip()
    if not text:
        return None
    if len(text) > 200 or not text.isprintable():
        raise InvalidInput(f"{name} must be one line of at most 200 printable characters.", details={"name": name})
    return text


def _type(text: str | None, name: str) -> str | None:
    word = _word(text, name)
    if word is not None and word not in ACTOR_TYPES:
        raise InvalidInput(
            f"{name} must be one of: {', '.join(ACTOR_TYPES)}; it is {word!r}.",
            details={"name": name, "allowed": list(ACTOR_TYPES)},
        )
    return word


def _variable(environ: Mapping[str, str], *names: str) -> str | None:
    """The first of the variables that is set and not blank."""
    return next((word for name in names if (word := _word(environ.get(name), name))), None)


def _says_yes(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() not in _FALSE


def _detect(environ: Mapping[str, str]) -> str | None:
    known = next((name for name, variable in HARNESSES if _says_yes(environ, variable)), None)
    # AI_AGENT is the vendor-neutral name that harnesses agree on: `name`, or `name@version`.
    return known or _crudless(environ.get("AI_AGENT", "").partition("@")[0])[:60] or None


def _session(environ: Mapping[str, str]) -> str | None:
    for variable in ("GITLEDGER_SESSION", "TASKLEDGER_SESSION_ID"):
        value = environ.get(variable, "").strip()
        if value:
            return session_key(value)
    for platform, variable in SESSIONS:
        value = environ.get(variable, "").strip()
        if value:
            transcript = variable.endswith("_TRANSCRIPT_PATH")
            return session_key(f"{platform}_transcript_{_digest(value)}" if transcript else f"{platform}_{value}")
    return None


def _bad_setting(name: str, must: str) -> InvalidInput:
    return InvalidInput(
        f"The git setting {name} must be {must}.",
        hint=("git", "config", "--show-origin", "--get-all", name),
        details={"setting": name},
    )


def _lease(text: str | None) -> int:
    if text is None:
        return DEFAULT_LEASE
    seconds = parse_duration(text)
    if seconds is None:
        raise _bad_setting("taskledger.lease", "a time like 7200, 30m or 2h")
    return seconds


def _claims_are_remote(text: str | None) -> bool:
    word = (text or "local").strip().lower()
    if word not in ("local", "remote"):
        raise _bad_setting("taskledger.claims", "local or remote")
    return word == "remote"


def _namespace(text: str | None) -> str:
    """Where the elected remote keeps ledgers: below `refs/`, and below something of its own there."""
    name = (text or "").strip().rstrip("/") or DEFAULT_NAMESPACE
    parts = name.split("/")
    is_own = len(parts) > 2 or name == DEFAULT_NAMESPACE
    if parts[0] != "refs" or not is_own or not re.fullmatch(r"[A-Za-z0-9/_-]+", name) or "" in parts:
        raise _bad_setting("taskledger.remoteNamespace", "a place for refs like refs/heads/taskledger")
    return name


def _retries(text: str | None) -> int:
    word = (text or str(DEFAULT_RETRIES)).strip()
    if not (word.isdecimal() and len(word) < 5):
        raise _bad_setting("taskledger.syncRetries", "a number like 10")
    return int(word)


def _bool(text: str, name: str) -> bool:
    if text.strip().lower() not in _TRUE + _FALSE:
        raise _bad_setting(name, "true or false")
    return text.strip().lower() in _TRUE


def _push_with_code(text: str | None) -> str:
    word = (text or "false").strip().lower()
    if word == "require":
        return word
    if word not in _TRUE + _FALSE:
        raise _bad_setting("taskledger.pushWithCode", "true, false or require")
    return "true" if word in _TRUE else "false"


def _override(environ: Mapping[str, str]) -> str | None:
    """Why a policy is to be passed, on one line; a longer reason is cut."""
    text = environ.get("GITLEDGER_OVERRIDE", "").encode("utf-8", "replace").decode()
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:1000] or None


def _fsync(setting: Callable[[str], str | None]) -> bool:
    """`taskledger.fsync`, else whether git itself would flush a loose object to the disk (git-config, core.fsync)."""
    own = setting("taskledger.fsync")
    if own is not None:
        return _bool(own, "taskledger.fsync")
    parts = setting("core.fsync")
    if parts is None:
        return _bool(setting("core.fsyncObjectFiles") or "false", "core.fsyncObjectFiles")
    # Git's default leaves loose objects out, and what is named outweighs what is taken away.
    return any(part.strip() in ("loose-object", "objects", "committed", "added", "all") for part in parts.split(","))


def _git_actor(text: str | None) -> Claimed:
    if not (text or "").strip():
        return Claimed()
    parts = [part.strip() for part in (text or "").split(":", 2)]
    if parts[0] not in ACTOR_TYPES or len(parts) < 2 or not all(part and part.isprintable() for part in parts):
        raise _bad_setting("taskledger.actor", "TYPE:NAME or TYPE:NAME:ROLE, with the type agent, user or system")
    return Claimed(*parts)


def _git_harness(text: str | None) -> tuple[str | None, str | None]:
    """Name and kind, as the setting has them: `codex`, or `ci:nightly`."""
    if not (text or "").strip():
        return None, None
    head, colon, tail = (part.strip() for part in (text or "").partition(":"))
    name, kind = (tail, head) if colon else (head, None)
    if not name or not name.isprintable() or len(name) > 200 or kind not in (None, *HARNESS_KINDS):
        raise _bad_setting("taskledger.harness", "NAME or KIND:NAME, with the kind agent_harness, manual, ci or unknown")
    return name, kind


def _login(environ: Mapping[str, str]) -> str:
    """The login name, as the standard library finds it."""
    named = next((environ[name] for name in ("LOGNAME", "USER", "LNAME", "USERNAME") if environ.get(name)), None)
    if named is None:
        try:
            import os
            import pwd

            named = pwd.getpwuid(os.getuid()).pw_name
        except (ImportError, KeyError):
            named = "user"
    return _crudless(named)[:200] or "user"


def _crudless(text: str | None) -> str:
    """`text` without what git too takes out of an identity: angle brackets, control characters, outer punctuation."""
    plain = "".join(char if char.isprintable() and char not in "<>" else " " for char in text or "")
    return " ".join(plain.split()).strip(" .,:;\"'\\")


def _test_now(environ: Mapping[str, str]) -> str | None:
    text = _variable(environ, "GITLEDGER_TEST_NOW")
    if text is None:
        return None
    from datetime import datetime

    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?Z", text)
    try:
        if found is None:
            raise ValueError(text)
        datetime.fromisoformat(found[1])
    except ValueError:
        raise InvalidInput(
            "GITLEDGER_TEST_NOW must be a time like 2026-11-20T10:15:00Z.", details={"name": "GITLEDGER_TEST_NOW"}
        ) from None
    return f"{found[1]}.{(found[2] or '.')[1:]:0<6}Z"
