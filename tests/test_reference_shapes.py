"""What an agent that was trained on taskledger 0.2.0 relies on: the same commands, options, kinds and JSON keys.

The tables hold facts about taskledger 0.2.0 (its records, what each command answered with `--json`, its options), as they
were observed. Whatever differs stands in a table of its own with the reason. The answers are those of `golden/results/`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import json

import click
import pytest

from gitledger.cli.build import build_command
from gitledger.ops._registry import all_operations

GOLDEN = Path(__file__).parent / "golden" / "results"
OPERATIONS = {op.command: op for op in all_operations()}

# ---------------------------------------------------------------------------------------------- records

RECORDS = {
    "TASK": "accepted_plan accepted_plan_version body code_change_log_refs created_at description_summary file_links"
    " file_version id intro_refs introduction_ref labels latest_implementation_run latest_plan latest_plan_version"
    " latest_planning_run latest_validation_run notes object_type owner priority requirements schema_version slug status"
    " status_stage task_type title todos updated_at"
    " parent_task_id parent_relation closed_at closed_by closure_note recorded_at recorded_by",
    "LIFE": "active_stage changed command lock ok status status_stage task_id warnings",
    "RUN": "run_id task_id run_type status started_at finished_at actor harness based_on_plan based_on_plan_version"
    " based_on_implementation_run resumes_run_id summary worklog deviations_from_plan change_refs todo_updates artifact_refs"
    " checks evidence recommendation result handoff_refs actor_history",
    "QUESTION": "id task_id question plan_version status created_at answered_at answered_by answered_by_actor asked_by_actor"
    " asked_in_harness required_for_plan answer_source answer",
    "CHANGE": "change_id task_id implementation_run timestamp kind path summary git_commit git_diff_stat command before_hash"
    " after_hash exit_code",
    "PLAN": "task_id plan_id version plan_version status created_at created_by supersedes supersedes_plan_id question_refs"
    " criteria todos generation_reason based_on_question_ids based_on_answer_hash approved_at approved_by approval_note goal"
    " files test_commands expected_outputs todos_waived_reason body",
    "TODO": "active_at artifact_refs blocked_reason change_refs command_refs completed_by completed_in_harness created_at done"
    " done_at evidence id mandatory skipped_at skipped_by source source_plan_id source_question_ids status text updated_at"
    " validation_hint",
    "CHECK": "id criterion_id name status details evidence waiver",
    "LOCK": "lock_id task_id stage run_type run_id created_at expires_at lease_seconds last_heartbeat_at reason holder actor"
    " harness",
    "ACTOR": "actor_type actor_name tool session_id host pid actor_id role harness_id",
    "HARNESS": "harness_id name kind session_id",
    "EVENT": "event_id ts event task_id actor harness data",
    "REQUIREMENT": "task_id required_task_id parent_task_id required_status waiver",
    "HANDOFF": "handoff_id task_id mode context_for scope todo_id focus_run_id context_format context_hash generated_at status"
    " lock_policy created_at created_by created_from_harness intended_actor_type intended_actor_name intended_harness"
    " source_run_id resumes_run_id claim_run_id released_lock_id claimed_at claimed_by claimed_in_harness summary next_action",
    "INTRO": "id slug title body labels",
    "LINK": "path kind label required_for_validation target_type",
    "RELEASE": "version boundary_task_id created_at created_by note changelog_file task_count previous_version object_type"
    " schema_version file_version",
    "BLOCKER": "kind message ref command_hint",
    "COMMAND": "kind label command primary",
    "PROGRESS": "total done open open_ids",
    "GATE": "blockers can_finish_implementation done open_todos task_id total",
    "CONTEXT": "accepted_plan changes context_for context_format dependencies file_links focus focused_changes follow_up_tasks"
    " guardrails introduction lock lock_status mode parent_task plans questions review_contract runs scope task todo_summary"
    " todos validation_history validation_status",
}

# Keys of those records in taskledger that a record here does not have, each with the reason.
WITHOUT = {
    "LOCK": {
        "broken_at broken_by broken_reason": "a broken claim is no claim any more: `claim.broken` in the history says who and why",
        "transfer_history transfer_date": "nothing in taskledger 0.2.0 ever sets them",
    },
    "HARNESS": {
        "working_directory command version capabilities created_at schema_version object_type": "those of a stored "
        "harness.yaml, which nothing keeps here: the harness is what is detected or named",
    },
    "REQUIREMENT": {"file_version schema_version object_type": "a requirement is an event here, and `event` names it"},
}

# ---------------------------------------------------------------------------------------------- results

# command → (kind, keys of the result, {path inside it: keys there}). A word in capitals is a record.
ACTIVE = "active active_stage changed previous_task_id slug state status_stage task_id title"
REGENERATION = (
    "next_action plan_regeneration_needed recommended_plan_fields required_open required_open_questions"
    " required_plan_fields task_id template_command"
)
APPROVED = "LIFE mandatory_todos materialized_todos next_action plan_version result"
TODO_UPDATE = (
    "artifact_refs_added change_refs_added done evidence_recorded next_command progress status task_id todo_id"
)
Shape = tuple[str | None, str, dict[str, str]]
RESULTS: dict[str, Shape] = {
    "actor clear": ("actor_clear", "cleared", {}),
    "actor set": ("actor_set", "actor", {"actor": "ACTOR"}),
    "actor whoami": ("taskledger_actor_identity", "actor harness", {"actor": "ACTOR", "harness": "HARNESS"}),
    "file add": (None, "TASK", {"file_links[]": "LINK"}),
    "file list": ("task_file_links", "file_links task_id", {"file_links[]": "LINK"}),
    "file remove": (None, "TASK", {}),
    "handoff cancel": (None, "HANDOFF context_body", {}),
    "handoff claim": (None, "HANDOFF context_body", {"claimed_by": "ACTOR"}),
    "handoff close": (None, "HANDOFF context_body", {}),
    "handoff create": (None, "HANDOFF context_path", {"created_by": "ACTOR"}),
    "handoff implementation-context": ("task_handoff", "CONTEXT", {}),
    "handoff list": ("handoff_list", "handoffs task_id", {"handoffs[]": "HANDOFF"}),
    "handoff plan-context": ("task_handoff", "CONTEXT", {}),
    "handoff show": (None, "", {}),
    "handoff validation-context": ("task_handoff", "CONTEXT", {}),
    "harness clear": ("harness_clear", "cleared", {}),
    "harness set": ("harness_set", "harness", {"harness": "HARNESS"}),
    "intro create": (None, "INTRO", {}),
    "intro link": (None, "TASK", {}),
    "intro list": (None, "", {"introductions[]": "INTRO"}),
    "intro show": (None, "INTRO", {}),
    "link add": (None, "TASK", {"file_links[]": "LINK"}),
    "link list": ("task_file_links", "file_links task_id", {"file_links[]": "LINK"}),
    "link remove": (None, "TASK", {}),
    "release changelog": (
        "release_changelog_context",
        "ledger_ref omitted_task_count omitted_tasks since_task_id since_version task_count tasks until_task_id version",
        {
            "tasks[]": "task_id slug title status_stage task_type labels summary accepted_plan_version implementation validation"
            " todo_count",
            "tasks[].implementation": "run_id summary changes",
            "tasks[].implementation.changes[]": "change_id kind path summary",
            "tasks[].validation": "run_id result summary evidence",
            "omitted_tasks[]": "task_id slug title status_stage reason",
        },
    ),
    "release list": ("release_list", "releases", {"releases[]": "RELEASE"}),
    "release show": ("release", "boundary_task ledger_ref release", {"release": "RELEASE"}),
    "release tag": ("release", "boundary_task events ledger_ref release", {"release": "RELEASE"}),
    "can": ("task_capability", "action active_stage blocking ok reason task_id", {"blocking[]": "kind message"}),
    "implement change": (None, "CHANGE", {"actor": "ACTOR"}),
    "implement checklist": ("todo_gate_report", "GATE", {}),
    "implement command": (
        "implementation_command",
        "artifact_path change exit_code stderr stdout task_id",
        {"change": "CHANGE"},
    ),
    "implement finish": (
        "task_lifecycle",
        "active_stage changed command next_command run_id status status_stage task_id",
        {},
    ),
    "implement artifact": (None, "RUN", {}),
    "implement deviation": (None, "RUN", {}),
    "implement log": (None, "RUN", {}),
    "implement restart": (None, "LIFE run run_id", {"run": "RUN", "lock": "LOCK"}),
    "implement resume": (None, "LIFE run run_id", {"run": "RUN", "lock": "LOCK"}),
    "implement scan-changes": (None, "CHANGE", {}),
    "implement show": ("task_run", "run task_id", {"run": "RUN"}),
    "implement start": (None, "LIFE run run_id", {"run": "RUN", "lock": "LOCK"}),
    "implement status": ("todo_gate_report", "GATE", {"blockers[]": "BLOCKER"}),
    "init": ("taskledger_init", "config_path created project_dir root taskledger_dir workspace_root", {}),
    "lock break": (None, "audit_path changed command lock ok reason status_stage task_id warnings", {"lock": "LOCK"}),
    "lock list": ("task_lock_list", "locks", {"locks[]": "LOCK"}),
    "lock show": (
        "task_lock",
        "lock status task_id",
        {"lock": "LOCK", "status": "active expired holder stage run_id created_at expires_at"},
    ),
    "next-action": (
        "task_next_action",
        "action active_stage blocking commands next_command next_item progress reason status_stage task_id",
        {
            "commands[]": "COMMAND",
            "blocking[]": "kind message",
            "progress.todos": "PROGRESS",
            "progress.questions": "required_open required_open_ids",
            "progress.validation": "total satisfied remaining blocking_ids",
        },
    ),
    "plan accept": (None, APPROVED, {}),
    "plan approve": (None, APPROVED, {}),
    "plan command": ("planning_command", "artifact_path change exit_code stderr stdout task_id", {}),
    "plan lint": (
        "plan_lint",
        "issues passed plan_id plan_version strict summary task_id",
        {"issues[]": "severity code location message hint", "summary": "errors warnings"},
    ),
    "plan diff": ("plan_diff", "diff from_version task_id to_version", {}),
    "plan draft": ("plan_draft_context", "ask_questions next_action task_id", {}),
    "plan list": ("plan_list", "plans task_id", {"plans[]": "PLAN"}),
    "plan materialize-todos": ("plan_todo_materialization", "dry_run materialized_todos plan_id task_id todos", {}),
    "plan propose": (None, "LIFE plan_body_chars plan_body_lines plan_version", {}),
    "plan regenerate": (None, "LIFE plan_body_chars plan_body_lines plan_version", {}),
    "plan reject": (None, "LIFE plan_version", {}),
    "plan revise": (None, "LIFE run run_id", {"run": "RUN", "lock": "LOCK"}),
    "plan show": (
        "plan",
        "plan task_id",
        {"plan": "PLAN", "plan.criteria[]": "id text mandatory", "plan.todos[]": "id text mandatory validation_hint"},
    ),
    "plan start": (None, "LIFE run run_id", {"run": "RUN", "lock": "LOCK"}),
    "plan template": (
        "plan_template",
        "answered_question_ids from_answers output_path recommended_plan_fields required_plan_fields task_id template",
        {},
    ),
    "plan upsert": (None, "LIFE operation plan_body_chars plan_body_lines plan_version", {}),
    "question add": (None, "QUESTION", {"asked_by_actor": "ACTOR"}),
    "question add-many": ("question_add_many", "added added_question_ids task_id", {"added[]": "QUESTION"}),
    "question answer": (None, "QUESTION", {"answered_by_actor": "ACTOR"}),
    "question answer-many": (
        "question_answer_many",
        f"answered answered_question_ids {REGENERATION}",
        {"answered[]": "QUESTION"},
    ),
    "question answers": ("question_answers", "questions task_id", {"questions[]": "QUESTION"}),
    "question dismiss": (None, "QUESTION", {}),
    "question list": (None, "", {"questions[]": "QUESTION"}),
    "question open": ("task_questions", "questions task_id", {"questions[]": "QUESTION"}),
    "question status": ("question_status", f"answered answered_since_latest_plan {REGENERATION}", {}),
    "reindex": ("taskledger_reindex", "counts", {}),
    "require add": (None, "TASK", {}),
    "require list": (None, "", {"requirements[]": "REQUIREMENT"}),
    "require remove": (None, "TASK", {}),
    "require waive": (None, "TASK", {}),
    "status": (
        "taskledger_status",
        "active_task config_path counts health project_dir taskledger_dir workspace_root",
        {"counts": "changes introductions locks plans questions runs tasks", "health": "checked healthy"},
    ),
    "task activate": ("active_task", ACTIVE, {}),
    "task active": ("active_task", ACTIVE, {"state": "activated_at activated_by previous_task_id reason task_id"}),
    "task cancel": (None, "LIFE", {}),
    "task close": (None, "LIFE", {}),
    "task create": (None, "TASK", {}),
    "task deactivate": ("active_task", ACTIVE, {}),
    "task edit": (None, "TASK", {}),
    "task events": ("event_list", "items", {"items[]": "EVENT", "items[].actor": "ACTOR"}),
    "task follow-up": (
        "task_follow_up_created",
        "activated next_command parent_relation parent_task_id slug task_id",
        {},
    ),
    "task list": (
        "task_list",
        "tasks",
        {"tasks[]": "id slug title status status_stage is_active active_stage accepted_plan_version"},
    ),
    "task show": (
        "task",
        "changes follow_up_tasks lock parent_task plans questions runs task",
        {
            "task": "TASK",
            "task.todos[]": "TODO",
            "plans[]": "PLAN",
            "questions[]": "QUESTION",
            "runs[]": "RUN",
            "changes[]": "CHANGE",
        },
    ),
    "task uncancel": (None, "LIFE", {}),
    "task dossier": (None, "", {}),
    "task record": (
        "recorded_task",
        "change_ids evidence implementation_run_id next_command slug status_stage task_id task_type validation_run_id",
        {},
    ),
    "task report": ("task_report", "content format preset sections task_id title", {}),
    "todo add": (
        "todo_added",
        "next_command progress task_id todo",
        {"todo": "id text status done mandatory source evidence_count", "progress": "PROGRESS"},
    ),
    "todo done": ("todo_update", TODO_UPDATE, {"progress": "PROGRESS"}),
    "todo list": ("todo_list", "task_id todos", {"todos[]": "TODO"}),
    "todo next": (
        "next_todo",
        "can_finish_implementation commands next_todo next_todo_id task_id",
        {"next_todo": "TODO", "commands[]": "COMMAND"},
    ),
    "todo show": ("task_todo", "task_id todo", {"todo": "TODO"}),
    "todo status": ("todo_gate_report", "GATE", {"blockers[]": "BLOCKER"}),
    "todo undone": ("todo_update", TODO_UPDATE, {"progress": "PROGRESS"}),
    "view": (
        "dashboard",
        "changes events files lock next_action plan plans questions runs task todos validation",
        {
            "task": "TASK",
            "plan": "PLAN",
            "plans[]": "PLAN",
            "questions": "total open items",
            "questions.items[]": "QUESTION",
            "todos": "total done items",
            "todos.items[]": "TODO",
            "runs[]": "RUN",
            "changes[]": "CHANGE",
            "events[]": "EVENT",
        },
    ),
    "validate check": (None, "RUN", {"checks[]": "CHECK"}),
    "validate finish": (None, "LIFE result run run_id", {"run": "RUN"}),
    "validate show": ("task_run", "run task_id", {"run": "RUN"}),
    "validate start": (None, "LIFE run run_id", {"run": "RUN", "lock": "LOCK"}),
    "validate status": (
        "validation_status",
        "result",
        {
            "result": "task_id task_slug status_stage active_stage run_id can_finish_passed accepted_plan implementation"
            " criteria todos dependencies blockers",
            "result.accepted_plan": "version status",
            "result.implementation": "run_id status satisfied",
            "result.criteria[]": "id text mandatory latest_check_id latest_status satisfied has_waiver evidence history blockers",
            "result.criteria[].history[]": "CHECK",
            "result.todos": "open_mandatory",
            "result.dependencies": "blockers",
            "result.blockers[]": "BLOCKER",
        },
    ),
    "validate waive": (None, "RUN", {"checks[].waiver": "actor reason created_at"}),
}

# next_item.kind → its keys.
NEXT_ITEMS = {
    "question": "id text status required_for_plan plan_version",
    "answered_question": "id text status required_for_plan plan_version answer answered_at",
    "todo": "id text status mandatory source done validation_hint done_command_hint",
    "criterion": "id text mandatory latest_status satisfied",
    "plan": "id version status",
    "task": "id status_stage",
}

# Where the shape itself differs. A key of the table is the command, or what every answer has.
DIFFERS = {
    "question list": "a bare list there; design §7 wants `total` and `truncated` on lists, so an object with `questions`",
    "intro list": "a bare list there; design §7 wants `total` and `truncated` on lists, so an object with `introductions`",
    "require list": "a bare list there; design §7 wants `total` and `truncated` on lists, so an object with `requirements`",
    "context": "the rendered text there, whatever the format but json; the same here, and so no object to look into",
    "next-action": "no item of kind `lock`: a claim that ran out is no defect here, the stage is taken up again",
    "result_type": "beside `result` there, on some commands; design §7 fixes the envelope, and `result.kind` says it",
}

# ---------------------------------------------------------------------------------------------- options

IDENTITY = "--actor --actor-name --actor-role --harness --session-id"

# command → how many positionals it takes in taskledger 0.2.0, and its options there; `!` marks one that has to be given.
OPTIONS = {
    "actor clear": "0",
    "actor set": "0 --type! --name! --role --tool --session-id",
    "file add": "0 --path! --kind --label --required-for-validation --task",
    "file list": "0 --task",
    "file remove": "0 --path! --task",
    "handoff cancel": "1 --reason --task",
    "handoff claim": "1 --task",
    "handoff close": "1 --reason --task",
    "handoff create": "0 --mode! --for --scope --todo --run --intended-actor --intended-harness --summary --next-action --task",
    "handoff implementation-context": "0 --format --task",
    "handoff list": "0 --task",
    "handoff plan-context": "0 --format --task",
    "handoff show": "1 --format --task",
    "handoff validation-context": "0 --format --task",
    "harness clear": "0",
    "harness set": "0 --name! --kind --session-id",
    "intro create": "1 --text --from-file",
    "intro link": "1 --task",
    "intro list": "0",
    "intro show": "1",
    "link add": "0 --url! --label --task",
    "link list": "0 --task",
    "link remove": "1 --task",
    "release changelog": "1 --since --since-task --until-task --format --output",
    "release list": "0",
    "release show": "1",
    "release tag": "1 --at-task! --note --changelog-file",
    "actor whoami": "0",
    "can": "1 --task",
    "context": "0 --task --for --scope --todo --run --format",
    "implement change": "0 --path! --kind --summary --command --git-diff-stat --task",
    "implement checklist": "0 --task",
    "implement command": "1 --task",
    "implement finish": "0 --summary! --task",
    "implement artifact": "0 --path! --summary! --task",
    "implement deviation": "0 --message! --task",
    "implement log": "0 --message --task",
    "implement restart": f"0 --summary! --task {IDENTITY}",
    "implement resume": f"0 --reason! --run --task {IDENTITY}",
    "implement scan-changes": "0 --from-git --summary --task",
    "implement show": "0 --run --task",
    "implement start": f"0 --task {IDENTITY}",
    "implement status": "0 --task",
    "init": "0 --taskledger-dir",
    "lock break": "0 --reason! --task",
    "lock list": "0",
    "lock show": "0 --task",
    "next-action": "0 --task",
    "plan accept": "0 --version! --note --task --allow-lint-errors",
    "plan approve": "0 --version! --actor --actor-name --note --allow-agent-approval --reason --allow-empty-criteria"
    " --no-materialize-todos --allow-open-questions --allow-empty-todos --allow-lint-errors --task",
    "plan command": "1 --task",
    "plan lint": "0 --task --version --strict",
    "plan diff": "0 --task --from --to",
    "plan draft": "0 --task --ask-questions",
    "plan list": "0 --task",
    "plan materialize-todos": "0 --version! --task --dry-run",
    "plan propose": "0 --task --text --file --criterion",
    "plan regenerate": "0 --task --from-answers --text --file --allow-open-questions",
    "plan reject": "0 --task --reason",
    "plan revise": "0 --task",
    "plan show": "0 --task --version",
    "plan start": f"0 --task {IDENTITY}",
    "plan template": "0 --task --from-answers --file",
    "plan upsert": "0 --task --from-answers --text --file --criterion --allow-open-questions",
    "question add": "0 --text! --required-for-plan --task",
    "question add-many": "0 --text --yaml-file --required-for-plan --allow-duplicates --task",
    "question answer": "1 --text! --actor --task",
    "question answer-many": "0 --text --file --actor --task",
    "question answers": "0 --format --task",
    "question dismiss": "1 --task",
    "question list": "0 --status --task",
    "question open": "0 --task",
    "question status": "0 --task",
    "reindex": "0",
    "require add": "1 --task",
    "require list": "0 --task",
    "require remove": "1 --task",
    "require waive": "1 --actor --reason --task",
    "status": "0 --full --check",
    "task activate": "1 --reason --force",
    "task active": "0",
    "task cancel": "0 --task --reason",
    "task close": "0 --task --note",
    "task create": "1 --description --slug",
    "task deactivate": "0 --reason! --force",
    "task edit": "0 --task --title --description --from-file --priority --owner --add-label --remove-label --add-note",
    "task events": "0 --task --all --limit",
    "task follow-up": "2 --description --from-file --slug --activate --no-activate --copy-files --no-copy-files --copy-links --no-copy-links --label --reason",
    "task list": "0",
    "task show": "0 --task",
    "task dossier": "0 --task --format",
    "task record": "1 --description --from-file --summary --change --evidence --label --slug --owner --completed-by"
    " --completed-by-name --allow-empty-record --reason",
    "task report": "0 --task -o --output --format --preset --section --include --without --events-limit --include-empty"
    " --no-include-empty",
    "task uncancel": "0 --task --reason --to --actor --actor-name --allow-agent-uncancel --session-id",
    "todo add": "0 --text! --mandatory --optional --task",
    "todo done": "1 --evidence --artifact --change --task",
    "todo list": "0 --task",
    "todo next": "0 --task",
    "todo show": "1 --task",
    "todo status": "0 --task",
    "todo undone": "1 --task",
    "view": "0 --task",
    "validate check": "0 --criterion! --status --evidence --name --details --task",
    "validate finish": "0 --result! --summary! --recommendation --task",
    "validate show": "0 --run --task",
    "validate start": f"0 --task {IDENTITY}",
    "validate status": "0 --task --run",
    "validate waive": "0 --criterion! --reason! --actor --task",
}

# Options that have to be given here and not there, each with the reason.
STRICTER = {
    ("require waive", "--reason"): "it is empty by default there, and then refused, with the same exit code 2",
    ("task uncancel", "--reason"): "it is empty by default there, and then refused, with the same exit code 2",
}

# Options that are not here, each with the reason.
MISSING = {
    ("task uncancel", "--session-id"): "the session is told by the environment; nothing is claimed that it would hold",
}

# ---------------------------------------------------------------------------------------------- the tests


def answers(command: str) -> list[Any]:
    """The results that the command gave in the story."""
    runs = json.loads((GOLDEN / f"{command.replace(' ', '.')}.json").read_text())
    return [run["answer"]["result"] for run in runs if run["answer"]["ok"]]


def keys(words: str) -> set[str]:
    """The keys that a cell of the tables names, records spelled out."""
    return {key for word in words.split() for key in (RECORDS[word].split() if word in RECORDS else [word])}


def found_at(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """Every object at `path`, such as `plans[].criteria[]`, that is not null."""
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    if not isinstance(value, dict) or value.get(name) is None:
        return
    for item in value[name] if head.endswith("[]") else [value[name]]:
        if rest:
            yield from found_at(item, rest)
        elif item is not None:
            yield item


@pytest.mark.parametrize("command", RESULTS)
def test_a_result_has_the_kind_and_the_keys_that_taskledger_gave_it(command):
    kind, wanted, inside = RESULTS[command]
    for result in answers(command):
        assert keys(wanted) - set(result) == set()
        if kind is not None:
            assert result["kind"] == kind
    for path, wanted in inside.items():
        items = [item for result in answers(command) for item in found_at(result, path)]
        assert items, f"the story shows no {path} of `{command}`"
        for item in items:
            assert keys(wanted) - set(item) == set(), path


def test_next_items_have_the_keys_that_taskledger_gave_them():
    items = [result["next_item"] for result in answers("next-action") if result["next_item"]]
    assert {item["kind"] for item in items} == set(NEXT_ITEMS)
    for item in items:
        assert keys(NEXT_ITEMS[item["kind"]]) <= set(item)


def test_a_context_is_text_or_with_format_json_an_object():
    texts = [answer for answer in answers("context") if isinstance(answer, str)]
    objects = [answer for answer in answers("context") if isinstance(answer, dict)]
    assert texts and objects
    for found in objects:
        assert found["kind"] == "task_handoff"
        assert keys("CONTEXT") <= set(found)
        assert keys("todo_id todo focus_run_id run focused_changes") <= set(found["focus"])
        assert keys("open answered dismissed") <= set(found["questions"])
        assert keys("total done open focused_index") <= set(found["todo_summary"])
        assert keys("latest_planning latest_implementation latest_validation") <= set(found["runs"])


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_of_taskledger_is_taken(command):
    built = build_command(OPERATIONS[command])
    many, *options = OPTIONS[command].replace("!", "").split()
    taken = {name for param in built.params for name in (*param.opts, *param.secondary_opts)}
    assert {option for option in options if option not in taken} == {name for owner, name in MISSING if owner == command}
    positionals = [param for param in built.params if isinstance(param, click.Argument)]
    assert sum(param.required for param in positionals) == int(many)


@pytest.mark.parametrize("command", OPTIONS)
def test_nothing_has_to_be_given_that_taskledger_did_without(command):
    params = [param for param in build_command(OPERATIONS[command]).params if isinstance(param, click.Option)]
    wanted = {param.opts[0] for param in params if param.required}
    stricter = {option for owner, option in STRICTER if owner == command}
    assert wanted - stricter <= {word.removesuffix("!") for word in OPTIONS[command].split() if word.endswith("!")}
    assert stricter <= wanted


def test_the_tables_agree_and_deviations_have_reasons():
    assert set(RESULTS) | {"context"} == set(OPTIONS)
    assert set(OPTIONS) <= set(OPERATIONS)
    assert set(WITHOUT) <= set(RECORDS)
    for record, left_out in WITHOUT.items():
        gone = {key for words in left_out for key in words.split()}
        assert not gone & keys(record), f"{record} lists what it is said not to have"
    assert set(DIFFERS) - {"result_type"} <= set(OPTIONS)
    reasons = [reason for table in (DIFFERS, MISSING, STRICTER, *WITHOUT.values()) for reason in table.values()]
    assert all(len(reason.split()) > 5 for reason in reasons)
    for command, option in MISSING:
        assert option in OPTIONS[command].split()
