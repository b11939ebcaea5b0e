"""The compatible profile as clients of task-orchestrator-py see it: its tools, prompts, answers and errors."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import json

import pytest
from mcp.shared.exceptions import MCPError

# The reference's parameters: `*` is required, else the default.
PARAMETERS = {
    "manage_items": "operation* title='' item_id='' description='' summary='' parent_id='' priority='medium' complexity=None item_type='' tags='' metadata='' properties='' due_at='' items_json='' ids_json='' recursive=False",
    "query_items": "operation='list' item_id='' status='' parent_id='' priority='' search='' tags='' include_ancestors=False limit=50 offset=0",
    "advance_item": "item_id='' trigger='' transitions_json=''",
    "get_next_status": "item_id* trigger*",
    "get_next_item": "workspace=''",
    "get_context": "item_id='' include_ancestors=False workspace='' include_archived=False",
    "get_blocked_items": "",
    "manage_notes": "operation* item_id* key='' body='' role='queue'",
    "query_notes": "item_id* key='' include_body=True",
    "manage_dependencies": "operation* from_id='' to_id='' item_id='' direction='both' item_ids='' pattern='linear' unblock_at='done'",
    "query_dependencies": "item_id* direction='outbound' neighbors_only=True max_depth=10",
    "create_work_tree": "root_title* root_description='' root_priority='medium' children_json='[]' deps_json='[]' create_notes=False",
    "complete_tree": "parent_id*",
    "manage_schemas": "operation='list' schema_name='' item_id=''",
    "get_metrics": "days=30 workspace=''",
    "manage_archive": "operation* workspace='' archive_after_days=30",
    "export_graph": "workspace='' tags=''",
    "import_graph": "data_json* mode='merge'",
    "manage_checkpoints": "operation* path='' output_dir=''",
    "get_workspace_context": "workspace_name* verbosity='standard'",
    "manage_workspaces": "operation* name='' tags='' memory_tags='' description='' repos='' conventions=''",
}
KINDS = {str: {"type": "string"}, bool: {"type": "boolean"}, int: {"type": "integer"}, type(None): {"anyOf": [{"type": "integer"}, {"type": "null"}]}}
PROMPTS = {
    "work_summary": [],
    "create_item_from_context": [],
    "quick_start": [],
    "status_progression": [("item_id", True)],
    "dependency_manager": [("item_id", False)],
    "batch_complete": [("parent_id", True)],
    "session_start": [],
}
ITEM = [
    *("id", "parent_id", "title", "description", "summary", "status", "status_label", "previous_status", "priority", "complexity"),
    *("item_type", "tags", "metadata", "properties", "role_changed_at", "due_at", "schedule", "next_run_at", "created_at", "updated_at"),
]
NOBODY = "00000000-0000-4000-8000-000000000000"
CONFIGURATION = """\
work_item_schemas:
  task:
    lifecycle: auto
    notes:
      - key: requirements
        role: queue
        required: true
        description: "Acceptance criteria before starting"
      - {key: hints, role: work}
  rule: {lifecycle: permanent, notes: []}
  again: {lifecycle: auto-reopen, notes: []}
"""


def titles(items: Any) -> list[str]:
    return [item["title"] for item in items]


def test_what_it_lists_is_what_the_reference_lists(orchestrate, repo):
    with orchestrate(repo.path) as client:
        session = client.session
        tools = client.ask(session.list_tools).tools
        prompts = client.ask(session.list_prompts).prompts
        assert client.ask(session.list_resources).resources == client.ask(session.list_resource_templates).resource_templates == []
        texts = [
            client.ask(session.get_prompt, name, {key: "abcd" for key, _ in arguments}).messages[0].content.text
            for name, arguments in PROMPTS.items()
        ]
        assert "get_blocked_items" in client.ask(session.get_prompt, "dependency_manager").messages[0].content.text
        with pytest.raises(MCPError, match="Missing required arguments: {'item_id'}"):
            client.ask(session.get_prompt, "status_progression")
        with pytest.raises(MCPError, match="one word"):
            client.ask(session.get_prompt, "batch_complete", {"parent_id": "a\nb"})
        with pytest.raises(MCPError, match="Unknown prompt"):
            client.ask(session.get_prompt, "nothing")
    assert client.welcome.server_info.name == "task-orchestrator" and "get_context" in client.welcome.instructions
    assert [tool.name for tool in tools] == list(PARAMETERS)
    for tool in tools:
        names = PARAMETERS[tool.name].split()
        properties = tool.input_schema["properties"]
        assert list(properties) == [name.partition("=")[0].rstrip("*") for name in names], tool.name
        assert tool.input_schema.get("required", []) == [name[:-1] for name in names if name.endswith("*")]
        for name, _, default in (word.partition("=") for word in names):
            value = eval(default) if default else ""
            form = {key: said for key, said in properties[name.rstrip("*")].items() if key != "title"}
            assert form == KINDS[type(value)] | ({"default": value} if default else {}), (tool.name, name)
        assert tool.output_schema["properties"] == {"result": {"title": "Result", "type": "string"}}
    assert {prompt.name: [(arg.name, arg.required) for arg in prompt.arguments] for prompt in prompts} == PROMPTS
    assert all("abcd" in text for text, arguments in zip(texts, PROMPTS.values(), strict=True) if arguments)


# ---------------------------------------------------------------------------------------------- the documented example

CHILDREN = [
    {"ref": "schema", "title": "Design auth schema", "priority": "high"},
    {"ref": "api", "title": "Implement auth endpoints", "priority": "high"},
    {"ref": "tests", "title": "Write auth tests", "priority": "medium"},
    {"ref": "docs", "title": "Update API docs", "priority": "low"},
]
EDGES = [{"from": "schema", "to": "api"}, {"from": "api", "to": "tests"}, {"from": "api", "to": "docs"}]


def test_the_example_that_the_reference_documents(orchestrate, repo, cli):
    with orchestrate(repo.path) as client:
        tree = client.say(
            "create_work_tree",
            root_title="User authentication",
            root_description="Add JWT-based auth to the API",
            root_priority="high",
            children_json=json.dumps(CHILDREN),
            deps_json=json.dumps(EDGES),
        )
        assert list(tree) == ["root", "children", "dependencies", "ref_map", "notes"]
        assert list(tree["root"]) == ITEM and len(tree["dependencies"]) == 3
        assert list(tree["ref_map"]) == ["root", "schema", "api", "tests", "docs"]
        first = client.say("get_next_item")
        assert first["title"] == "Design auth schema" and first["id"] == tree["ref_map"]["schema"]
        short = first["id"][:8]
        assert client.say("advance_item", item_id=short, trigger="start")["status"] == "work"
        note = client.say("manage_notes", operation="upsert", item_id=short, key="requirements", role="queue", body="JWT with RS256")
        assert list(note) == ["id", "item_id", "key", "role", "body", "created_at", "updated_at"]
        done = client.say("advance_item", item_id=short, trigger="complete")
        assert done["status"] == "done" and titles(done["unblocked_items"]) == ["Implement auth endpoints"]
        context = client.say("get_context")
        assert context["counts"] == {"queue": 4, "done": 1}
        assert titles(context["blocked"]) == ["Write auth tests", "Update API docs"]
        assert context["next_item"]["title"] == "Implement auth endpoints"
        ended = client.say("complete_tree", parent_id=tree["root"]["id"])
        assert titles(ended["completed"]) == ["Implement auth endpoints", "Write auth tests", "Update API docs"]
        assert ended["skipped"] == [{"id": first["id"], "title": "Design auth schema", "status": "done"}]
    assert cli("verify").exit_code == 0
    subjects = repo.git("log", "--format=%s", "refs/taskledger/main").splitlines()
    assert len(subjects) == 5, subjects  # one entry for each call that wrote; the ledger began with the first


def test_the_same_example_through_the_native_profile(connect, repo):
    with connect(repo.path) as client:
        client.write("init")
        document = {
            "root": {"title": "User authentication", "ref": "root", "priority": "high", "children": CHILDREN},
            "dependencies": EDGES,
        }
        refs = client.write("tree create", tree=document)["result"]["refs"]
        ready = client.call("ready")["result"]["tasks"]
        assert {task["uid"] for task in ready} == {refs["root"], refs["schema"]}
        assert client.read("next")["task"]["title"] == "Design auth schema"
        assert client.call("claim", next=True)["task_id"] == client.read("next")["task"]["id"]
        client.call("advance", task=refs["schema"], trigger="start")
        client.write("note set", task=refs["schema"], key="requirements", body="JWT with RS256", role="queue")
        freed = client.call("advance", task=refs["schema"], trigger="complete")["result"]["unblocked"]
        assert titles(freed) == ["Implement auth endpoints"]
        done = client.write("tree complete", task=refs["root"])["result"]
        assert titles(done["completed"]) == ["Implement auth endpoints", "Write auth tests", "Update API docs"]


# ---------------------------------------------------------------------------------------------- items


@pytest.fixture
def client(orchestrate, repo):
    """A session in a repository without a ledger; the first write begins one."""
    with orchestrate(repo.path) as found:
        yield found


def make(client, title="A", **fields: Any) -> str:
    """The id of a new item."""
    return client.say("manage_items", operation="create", title=title, **fields)["id"]


def test_items_are_made_changed_and_deleted(client, cli):
    assert client.say("get_context")["counts"] == {} and client.say("query_items") == []
    assert client.say("get_next_item") == {"message": "No actionable items"}
    made = client.say(
        "manage_items", operation="create", title="Ä", tags="b, a", complexity="7", due_at="2026-12-01T09:00:00Z", nonsense=1,
        metadata="any", properties='{"x": 1}', item_type="task", summary="s", description="d\n",
    )
    assert list(made) == ITEM and len(made["id"]) == 36
    told = [made[key] for key in ("title", "tags", "complexity", "due_at", "metadata", "properties", "item_type", "status", "priority")]
    assert told == ["Ä", "b, a", 7, "2026-12-01T09:00:00+00:00", "any", '{"x": 1}', "task", "queue", "medium"]
    assert made["created_at"] == made["updated_at"] == made["role_changed_at"] and made["created_at"].endswith("+00:00")
    high = make(client, "High", priority="high", parent_id=made["id"][:6])
    # What is not given stays: the reference sets the priority back.
    changed = client.say("manage_items", operation="update", item_id=high, title="Higher", tags="c")
    assert (changed["title"], changed["priority"], changed["tags"], changed["parent_id"]) == ("Higher", "high", "c", made["id"])
    many = client.say(
        "manage_items", operation="create", parent_id=high, items_json='[{"title": "One"}, {"titel": "x"}, {"title": "One", "schedule": "0 9 * * 1"}, {"title": "Bad", "priority": "P0"}]'
    )
    assert (titles(many["items"]), many["created"], many["failed"]) == (["One", "One"], 2, 2)
    assert [error["index"] for error in many["errors"]] == [1, 3] and many["items"][1]["schedule"] == "0 9 * * 1"
    real = client.say("manage_items", operation="create", items_json=[{"title": "An array will do"}])
    assert real["created"] == 1 and "errors" not in real
    deep = make(client, "Four", parent_id=many["items"][0]["id"])
    for arguments, error in [
        ({"operation": "create", "title": "x", "priority": "P0"}, ("VALIDATION", "priority")),
        ({"operation": "create", "title": "x", "complexity": 11}, ("VALIDATION", "complexity")),
        ({"operation": "create", "title": "x", "due_at": "soon"}, ("VALIDATION", "due_at")),
        ({"operation": "create", "title": "x", "parent_id": NOBODY}, ("NOT_FOUND", "parent_id")),
        ({"operation": "create", "title": "x", "parent_id": deep}, ("VALIDATION", "parent_id")),
        ({"operation": "create", "title": " "}, ("VALIDATION", "title")),
        ({"operation": "create", "title": "x" * 301}, ("VALIDATION", "title")),
        ({"operation": "update", "item_id": NOBODY, "title": "x"}, ("NOT_FOUND", "item_id")),
        ({"operation": "update", "title": "x"}, ("NOT_FOUND", "item_id")),
        ({"operation": "update", "item_id": high}, ("VALIDATION", None)),
        ({"operation": "update", "item_id": made["id"], "parent_id": deep}, ("VALIDATION", "parent_id")),
        ({"operation": "delete", "item_id": made["id"]}, ("VALIDATION", "item_id")),
        ({"operation": "update", "item_id": "abc"}, ("VALIDATION", "id")),
        ({"operation": "update", "item_id": "zzzz", "title": "x"}, ("NOT_FOUND", "id")),
    ]:
        assert client.error("manage_items", **arguments) == error, arguments
    assert "JSON" in client.error("manage_items", operation="create", items_json="{")
    assert "array" in client.error("manage_items", operation="create", items_json="{}")
    assert client.error("manage_items", operation="Create") == "Invalid operation: Create. Use: create, update, delete"
    assert client.failed("manage_items").startswith("Error executing tool manage_items: 1 validation error")
    assert "operation" in client.failed("manage_items", operation=3)
    assert client.failed("nothing") == "Unknown tool: nothing"
    assert client.say("manage_items", operation="delete", item_id=NOBODY) == {"deleted": False}
    assert client.say("manage_items", operation="delete", ids_json=json.dumps([made["id"], NOBODY])) == {"deleted": 0, "failed": 1}
    gone = client.say("manage_items", operation="delete", item_id=made["id"], recursive=True)
    assert gone == {"deleted": True, "descendants_deleted": 4}
    assert titles(client.say("query_items")) == ["An array will do"]
    assert cli("verify").exit_code == 0


def test_items_are_found(client):
    one = make(client, "Write the parser", tags="api,core", description="tokens")
    two = make(client, "Rapid prototypes", tags="rapid", parent_id=one, priority="low")
    client.say("manage_notes", operation="upsert", item_id=two, key="k", body="a marmot appears")
    assert titles(client.say("query_items")) == ["Rapid prototypes", "Write the parser"]  # the newest first
    for arguments, found in [
        ({"tags": "api"}, [one]),  # whole tags: in the reference `api` is in `rapid`
        ({"tags": "none, rapid,core"}, [two, one]),
        ({"status": "queue", "priority": "low"}, [two]),
        ({"status": "nonsense"}, []),
        ({"parent_id": one}, [two]),
        ({"limit": 1, "offset": 1}, [one]),
        ({"limit": 0}, []),
        ({"limit": -1}, [two, one]),
        ({"search": "pars tok"}, [one]),
        ({"search": "marmot"}, [two]),
        ({"search": "marmot", "priority": "high"}, []),
        ({"search": '") OR (1=1 * NEAR'}, []),
        ({"operation": "whatever"}, [two, one]),
        ({"operation": "children", "item_id": one[:8]}, [two]),
        ({"operation": "children"}, []),
    ]:
        assert [item["id"] for item in client.say("query_items", **arguments)] == found, arguments
    got = client.say("query_items", operation="get", item_id=two[:8], include_ancestors=True)
    assert titles(got["ancestors"]) == ["Write the parser"]
    assert client.error("query_items", operation="get", item_id=NOBODY) == f"Item {NOBODY} not found"
    assert client.error("query_items", operation="get", item_id=two.upper()).endswith("not found")
    assert client.say("query_items", operation="overview") == {"counts": {"queue": 2}, "active_count": 0, "blocked_count": 0}


# ---------------------------------------------------------------------------------------------- workflow

# from → trigger → to; all others are refused.
TABLE = {
    "queue": {"start": "work", "complete": "done", "block": "blocked", "hold": "blocked", "cancel": "cancelled"},
    "work": {"start": "review", "complete": "done", "block": "blocked", "hold": "blocked", "cancel": "cancelled"},
    "review": {"start": "done", "complete": "done", "block": "blocked", "hold": "blocked", "cancel": "cancelled"},
    "blocked": {"resume": "queue", "cancel": "cancelled"},
    "done": {"reopen": "queue", "archive": "archived"},
    "cancelled": {"reopen": "queue"},
    "archived": {},
}
WAY = {"queue": [], "work": ["start"], "review": ["start", "start"], "blocked": ["block"], "done": ["complete"], "cancelled": ["cancel"], "archived": ["complete", "archive"]}
TRIGGERS = ["start", "complete", "block", "hold", "resume", "cancel", "reopen", "archive"]


def test_every_trigger_from_every_status(client):
    many = [{"title": f"{status} {trigger}"} for status in TABLE for trigger in TRIGGERS]
    made = client.say("manage_items", operation="create", items_json=json.dumps(many))["items"]
    uids = {item["title"]: item["id"] for item in made}
    steps = [{"item_id": uids[f"{status} {trigger}"], "trigger": step} for status in TABLE for trigger in TRIGGERS for step in WAY[status]]
    assert client.say("advance_item", transitions_json=json.dumps(steps))["summary"]["failed"] == 0
    for status, legal in TABLE.items():
        for trigger in TRIGGERS:
            uid, to = uids[f"{status} {trigger}"], legal.get(trigger)
            ahead = client.say("get_next_status", item_id=uid, trigger=trigger)
            if to is not None:
                assert ahead == {"can_advance": True, "current": status, "next": to, "trigger": trigger}
                moved = client.say("advance_item", item_id=uid, trigger=trigger)
                assert list(moved) == [*ITEM, "unblocked_items"] and moved["status"] == to
                assert moved["status_label"] == ("cancelled" if trigger == "cancel" else "cancelled" if status == "cancelled" and trigger == "archive" else None)
                continue
            sentence = f"Can only resume blocked items, current: {status}" if trigger == "resume" else f"Cannot {trigger} from {status}"
            assert ahead == {"can_advance": False, "reason": sentence}
            said = client.say("advance_item", item_id=uid, trigger=trigger)
            assert said == {"error": {"code": "CONFLICT", "message": sentence, "field": "trigger"}}
    assert client.error("advance_item", item_id=NOBODY, trigger="jump") == ("VALIDATION", "trigger")
    assert client.error("advance_item", item_id=NOBODY, trigger="start") == ("NOT_FOUND", "item_id")
    assert client.error("advance_item", trigger="start") == ("NOT_FOUND", "item_id")
    assert client.error("get_next_status", item_id=NOBODY, trigger="jump").startswith("Invalid trigger")
    assert client.error("get_next_status", item_id=NOBODY, trigger="start").endswith("not found")
    assert "No item matching" in client.failed("get_next_status", item_id="zzzz", trigger="start")
    assert "at least 4" in client.failed("get_next_status", item_id="z", trigger="start")


def test_dependencies_block_and_reopening_cascades(client):
    first, second, part = make(client, "First"), make(client, "Second"), make(client, "Part", parent_id="")
    edge = client.say("manage_dependencies", operation="add", from_id=first[:8], to_id=second)
    assert list(edge) == ["id", "from_id", "to_id", "dep_type", "unblock_at", "created_at"]
    assert (edge["from_id"], edge["to_id"], edge["dep_type"], edge["unblock_at"]) == (first, second, "blocks", "done")
    refused = {"code": "DEPENDENCY_UNSATISFIED", "message": "Blocked by unfinished items: First", "field": "item_id"}
    assert client.say("advance_item", item_id=second, trigger="start") == {"error": refused}
    ahead = client.say("get_next_status", item_id=second, trigger="start")
    assert ahead == {"can_advance": False, "reason": "Blocked by dependencies", "blockers": [{"id": first, "title": "First"}]}
    waiting = client.say("get_blocked_items")
    assert titles(waiting) == ["Second"] and titles(waiting[0]["blocked_by"]) == ["First"]
    circle = client.say("manage_dependencies", operation="add", from_id=second, to_id=first)["error"]
    assert "task-0001 → task-0002 → task-0001" in circle["message"]
    for arguments, error in [
        ({"operation": "add", "from_id": second, "to_id": first}, ("CONFLICT", "from_id")),
        ({"operation": "add", "from_id": first, "to_id": second}, ("CONFLICT", "from_id")),
        ({"operation": "add", "from_id": first, "to_id": first}, ("VALIDATION", "from_id")),
        ({"operation": "add"}, ("VALIDATION", "from_id")),
        ({"operation": "add", "from_id": first, "to_id": NOBODY}, ("NOT_FOUND", "from_id")),
        ({"operation": "add", "from_id": first, "to_id": part, "unblock_at": "later"}, ("VALIDATION", "unblock_at")),
        ({"operation": "pattern", "item_ids": first}, ("VALIDATION", "item_ids")),
        ({"operation": "pattern", "item_ids": f"{first},{part}", "pattern": "ring"}, ("VALIDATION", "pattern")),
        # All or nothing: the second of the two closes a circle.
        ({"operation": "pattern", "item_ids": f"{part},{second},{first}"}, ("CONFLICT", "from_id")),
    ]:
        assert client.error("manage_dependencies", **arguments) == error, arguments
    assert client.say("query_dependencies", item_id=part, direction="both") == {"blocks": [], "blocked_by": []}
    assert client.error("manage_dependencies", operation="sub").startswith("Invalid operation: sub. Use: add")
    pattern = client.say("manage_dependencies", operation="pattern", item_ids=f"{first}, {part[:8]}", unblock_at="work")
    assert [(each["from_id"], each["to_id"], each["unblock_at"]) for each in pattern] == [(first, part, "work")]
    known = client.say("manage_dependencies", operation="query", item_id=first)
    assert [(each["to_title"], each["to_status"]) for each in known["blocks"]] == [("Second", "queue"), ("Part", "queue")]
    assert client.say("manage_dependencies", operation="query", item_id=first, direction="inbound")["blocks"] == []
    far = client.say("query_dependencies", item_id=first, neighbors_only=False, max_depth=1)
    assert [(each["title"], each["priority"], each["depth"]) for each in far] == [("Second", "medium", 1), ("Part", "medium", 1)]
    done = client.say("advance_item", item_id=first, trigger="complete")
    assert set(titles(done["unblocked_items"])) == {"Second", "Part"} and list(done["unblocked_items"][0]) == ITEM
    assert client.say("manage_dependencies", operation="remove", from_id=first, to_id=part) == {"removed": True}
    assert client.say("manage_dependencies", operation="remove", from_id=first, to_id=part) == {"removed": False}
    child = make(client, "Child", parent_id=first)
    client.say("advance_item", item_id=child, trigger="cancel")
    again = client.say("advance_item", item_id=child, trigger="reopen")
    assert again["parent_reopened"] is True and again["status_label"] is None
    assert client.say("query_items", operation="get", item_id=first)["status"] == "work"
    batch = [{"item_id": child, "trigger": "start"}, {"item_id": NOBODY, "trigger": "start"}, {"item_id": child[:8], "trigger": "resume"}]
    results = client.say("advance_item", transitions_json=json.dumps(batch))
    assert results["summary"] == {"total": 3, "succeeded": 1, "failed": 2}
    assert results["results"][0] == {"item_id": child, "trigger": "start", "applied": True, "new_status": "work"}
    assert results["results"][2]["error"] == "Can only resume blocked items, current: work"
    assert client.error("advance_item", transitions_json='[{"item_id": "zzzz", "trigger": "start"}]') == ("NOT_FOUND", "id")
    assert "trigger" in client.error("advance_item", transitions_json=json.dumps([{"item_id": child, "trigger": "block"}, {"item_id": child}]))
    assert client.say("query_items", operation="get", item_id=child)["status"] == "work"  # nothing of that was done
    assert "JSON" in client.error("advance_item", transitions_json="[")


def test_notes_and_the_schemas_that_ask_for_them(orchestrate, repo):
    repo.write(".taskorchestrator/config.yaml", CONFIGURATION)
    with orchestrate(repo.path) as client:
        uid = make(client, "Typed", item_type="task")
        missing = [{"key": "requirements", "role": "queue", "description": "Acceptance criteria before starting"}]
        hint = "Missing required notes: requirements. Hint: Acceptance criteria before starting"
        assert client.say("advance_item", item_id=uid, trigger="start") == {
            "error": {"code": "GATE_BLOCKED", "message": hint, "field": "item_id"}
        }
        guidance = missing[0]["description"]
        assert client.say("get_next_status", item_id=uid, trigger="start") == {
            "can_advance": False, "reason": "Missing required notes", "missing": missing, "guidance": guidance
        }
        context = client.say("get_context", item_id=uid)
        assert (context["can_advance"], context["missing_notes"], context["guidance"]) == (False, missing, guidance)
        check = client.say("manage_schemas", operation="check", item_id=uid)
        assert check == {
            "has_schema": True, "schema": "task", "lifecycle": "auto", "can_advance": False, "missing": missing, "guidance": guidance
        }
        schemas = client.say("manage_schemas")
        assert list(schemas) == ["task", "rule", "again"]
        assert client.say("manage_schemas", operation="get", schema_name="task") == schemas["task"]
        assert schemas["task"]["notes"][1] == {"key": "hints", "role": "work", "required": False, "description": ""}
        unknown = client.say("manage_schemas", operation="get", schema_name="x")
        assert unknown["available"] == ["task", "rule", "again"] and "not found" in unknown["error"]
        assert client.say("manage_schemas", operation="reload") == {"reloaded": True, "schemas": ["task", "rule", "again"]}
        assert client.error("manage_schemas", operation="check", item_id=NOBODY).endswith("not found")
        assert client.error("manage_schemas", operation="x").startswith("Invalid operation")
        # Notes.
        assert client.error("manage_notes", operation="upsert", item_id=NOBODY, key="k", body="x") == ("NOT_FOUND", "item_id")
        assert client.error("manage_notes", operation="upsert", item_id=uid, key="k", role="later") == ("VALIDATION", "role")
        assert client.error("manage_notes", operation="x", item_id=uid).startswith("Invalid operation: x. Use: upsert")
        assert client.say("manage_notes", operation="list", item_id=NOBODY) == []
        assert client.say("manage_notes", operation="delete", item_id=uid, key="k") == {"deleted": False}
        note = client.say("manage_notes", operation="upsert", item_id=uid, key="requirements", body="All of it", role="review")
        again = client.say("manage_notes", operation="upsert", item_id=uid, key="requirements", body="Most of it")
        assert (again["id"], again["role"], again["body"]) == (note["id"], "review", "Most of it")
        assert client.say("query_notes", item_id=uid, key="requirements") == again
        assert "body" not in client.say("query_notes", item_id=uid, include_body=False)[0]
        assert "not found" in client.error("query_notes", item_id=uid, key="other")
        # Lifecycles.
        assert client.say("advance_item", item_id=uid, trigger="start")["status"] == "work"
        assert client.say("get_next_status", item_id=uid, trigger="start")["next"] == "done"  # as it will be: no notes for a review
        assert client.say("advance_item", item_id=uid, trigger="start")["status"] == "done"
        assert client.say("manage_schemas", operation="check", item_id=uid) == {
            "has_schema": True, "schema": "task", "status": "done", "can_advance": True
        }
        rule = make(client, "Rule", tags="x,rule")
        assert client.say("advance_item", item_id=rule, trigger="cancel")["error"] == {
            "code": "CONFLICT", "message": "Cannot cancel: item has permanent lifecycle", "field": "trigger"
        }
        assert client.say("get_next_status", item_id=rule, trigger="cancel")["reason"] == "Item has permanent lifecycle"
        reopening = make(client, "Again", item_type="again")
        client.say("advance_item", item_id=reopening, trigger="complete")
        assert client.say("manage_notes", operation="upsert", item_id=reopening, key="k", body="x")["auto_reopened"] is True
        assert client.say("query_items", operation="get", item_id=reopening)["status"] == "queue"
        plain = make(client, "Plain")
        assert client.say("manage_schemas", operation="check", item_id=plain) == {"has_schema": False, "can_advance": True}
        tree = client.say("create_work_tree", root_title="R", children_json='[{"title": "T", "item_type": "task"}]', create_notes=True)
        assert [sorted(note) for note in tree["notes"]] == [["id", "item_id", "key", "role"]] * 2
        refused = client.say("complete_tree", parent_id=tree["root"]["id"])
        assert refused["completed"] == [] and "requirements" in refused["skipped"][0]["reason"]


def test_a_tree_is_made_whole_or_not_at_all(client):
    child = '[{"ref": "a", "title": "A"}, {"ref": "b", "title": "B"}]'
    for arguments, error in [
        ({"root_priority": "x"}, ("VALIDATION", "priority")),
        ({"children_json": '[{"title": "A", "priority": "x"}]'}, ("VALIDATION", "priority")),
        ({"children_json": child, "deps_json": '[{"from": "a", "to": "nobody"}]'}, ("NOT_FOUND", "from_id")),
        ({"children_json": child, "deps_json": '[{"from": "a", "to": "b", "type": "x"}]'}, ("VALIDATION", "dep_type")),
        ({"children_json": child, "deps_json": '[{"from": "a", "to": "b", "type": "relates-to", "unblock_at": "work"}]'}, ("VALIDATION", "unblock_at")),
        ({"children_json": child, "deps_json": '[{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]'}, ("CONFLICT", "from_id")),
    ]:
        assert client.error("create_work_tree", root_title="R", **arguments) == error, arguments
    for arguments in ({"children_json": '[{"titel": "A"}]'}, {"deps_json": '[{"from": "a"}]'}, {"children_json": "["}):
        assert isinstance(client.error("create_work_tree", root_title="R", **arguments), str)
    assert client.say("query_items") == []
    edges = '[{"from": "b", "to": "a", "type": "IS-BLOCKED-BY", "unblock_at": "work"}, {"from": "root", "to": "b", "type": "relates_to"}]'
    tree = client.say("create_work_tree", root_title="R", children_json=child, deps_json=edges)
    refs = tree["ref_map"]
    told = [(edge["from_id"], edge["to_id"], edge["dep_type"], edge["unblock_at"]) for edge in tree["dependencies"]]
    assert told == [(refs["a"], refs["b"], "blocks", "work"), (refs["root"], refs["b"], "relates_to", "done")]
    client.say("advance_item", item_id=refs["a"], trigger="block")
    done = client.say("complete_tree", parent_id=refs["root"])
    assert done["completed"] == [] and {each["id"]: each["status"] for each in done["skipped"]} == {refs["a"]: "blocked", refs["b"]: "queue"}
    assert client.say("complete_tree", parent_id=NOBODY) == {"completed": [], "skipped": []}
    assert client.say("get_context", item_id=refs["a"])["item"]["previous_status"] == "queue"
    assert client.error("get_context", item_id=NOBODY) == ("NOT_FOUND", "item_id")
    assert titles(client.say("get_context", item_id=refs["a"], include_ancestors=True)["ancestors"]) == ["R"]


# ---------------------------------------------------------------------------------------------- what holds it together


def test_the_repository_is_made_beside_the_database(orchestrate, tmp_path):
    place = tmp_path / "nowhere"
    place.mkdir()
    (place / ".taskorchestrator").mkdir()
    (place / ".taskorchestrator" / "config.yaml").write_text(CONFIGURATION)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "workspaces.json").write_text('{"old": {"tags": ["a"], "description": "As it was"}}')
    with orchestrate(place, TASK_ORCHESTRATOR_DB=str(tmp_path / "data" / "tasks.db")) as client:
        make(client, "Kept", tags="a")
        make(client, "Not in it")
        assert titles([client.say("get_next_item", workspace="old")]) == ["Kept"]
        assert client.say("manage_workspaces", operation="update", name="old", repos="r")["old"]["description"] == "As it was"
        assert "not written here" in client.error("manage_workspaces", operation="delete", name="old")
        assert list(client.say("manage_schemas")) == ["task", "rule", "again"]
    assert (tmp_path / "data" / "tasks.git" / "refs" / "taskledger").exists() and not (tmp_path / "data" / "tasks.db").exists()
    with orchestrate(place, TASK_ORCHESTRATOR_DB="../data/tasks.db") as client:
        assert titles(client.say("query_items")) == ["Not in it", "Kept"]
        assert client.say("manage_workspaces", operation="list")["old"]["repos"] == ["r"]


def test_two_servers_at_once_and_one_that_is_killed(orchestrate, wire, repo, cli):
    with orchestrate(repo.path) as one, orchestrate(repo.path) as two:
        uid = make(one, "Shared")
        assert titles(two.say("query_items")) == ["Shared"]
        with ThreadPoolExecutor(2) as pool:
            for _ in range(5):
                moved = list(pool.map(lambda each: each.say("advance_item", item_id=uid, trigger="block"), (one, two)))
                assert sum("error" not in said for said in moved) == 1  # the reference lets both
                one.say("advance_item", item_id=uid, trigger="resume")
            other = make(one, "Other")
            ways = [(one, uid, other), (two, other, uid)]
            added = list(pool.map(lambda way: way[0].say("manage_dependencies", operation="add", from_id=way[1], to_id=way[2]), ways))
            assert sum("error" not in said for said in added) == 1
            notes = list(pool.map(lambda each: each.say("manage_notes", operation="upsert", item_id=uid, key="k", body="x"), (one, two)))
            assert notes[0]["id"] == notes[1]["id"]
        cli("task", "create", "A staged task")
        staged = two.say("query_items", limit=1)[0]
        assert (staged["title"], staged["status"]) == ("A staged task", "queue")
        assert two.say("advance_item", item_id=staged["id"], trigger="start")["status"] == "queue"  # planning
        assert two.say("manage_items", operation="update", item_id=staged["id"], title="Renamed", priority="low")["priority"] == "low"
    server = wire(repo.path, "--profile", "orchestrator")
    call = {"name": "manage_items", "arguments": {"operation": "create", "title": "Before the end"}}
    assert "result" in server.ask(2, "tools/call", call)
    server.request(3, "tools/call", {"name": "query_items", "arguments": {}})
    server.process.kill()
    server.process.wait(60)
    with orchestrate(repo.path) as client:
        assert "Before the end" in titles(client.say("query_items"))
    assert cli("verify").exit_code == 0


def test_hostile_input_is_data(wire, repo, cli):
    server = wire(repo.path, "--profile", "orchestrator")
    server.send_line(b"this is no JSON")
    ask = iter(range(2, 1000))

    def say(tool: str, **arguments: Any) -> Any:
        return server.ask(next(ask), "tools/call", {"name": tool, "arguments": arguments})["result"]

    for refused in ({"operation": "create", "title": " "}, {"operation": "delete", "item_id": NOBODY}):
        say("manage_items", **refused)
        assert repo.git("for-each-ref", "refs/taskledger") == "", "nothing was recorded, and no ledger began"
    evil = "\x1b[2J'; DROP TABLE work_items; -- \u202e{item_id}"
    made = json.loads(say("manage_items", operation="create", title=evil, description="x" * 1000)["content"][0]["text"])
    assert "DROP TABLE" in made["title"]
    for tool, arguments in [
        ("manage_items", {"operation": "create", "title": "x", "description": "y" * (2 << 20)}),
        ("manage_items", {"operation": "create", "items_json": "[" * 100_000}),
        ("import_graph", {"data_json": '{"items": ' * 50_000}),
        ("query_items", {"operation": "get", "item_id": "____"}),
        ("query_items", {"operation": "get", "item_id": "%%%%"}),
        ("manage_notes", {"operation": "upsert", "item_id": made["id"], "key": "a\nb", "body": "b"}),
        ("manage_schemas", {"operation": "check", "item_id": made["id"] * 50}),
        ("manage_items", {"operation": "create", "title": "x", "due_at": "0001-01-01T00:00:00+14:00"}),
    ]:
        answer = say(tool, **arguments)
        assert not answer["isError"] and "error" in json.loads(answer["content"][0]["text"]), (tool, answer)
    assert say("get_context", item_id={"a": 1})["isError"]
    for huge in ({"offset": 10**30}, {"search": "DROP", "offset": 1 << 63}):
        assert json.loads(say("query_items", **huge)["content"][0]["text"]) == []
    assert json.loads(say("query_items")["content"][0]["text"])[0]["id"] == made["id"]
    code, rest = server.leave()
    assert code == 0 and all("jsonrpc" in json.loads(line) for line in rest.splitlines())
    assert cli("verify").exit_code == 0


def test_workspaces_narrow_things_down(client):
    made = client.say("manage_workspaces", operation="create", name="core", tags="api, db", memory_tags="m", description="The core")
    config = {"tags": ["api", "db"], "memory_tags": ["m"], "description": "The core", "repos": [], "conventions": []}
    assert made == {"core": config}
    changed = client.say("manage_workspaces", operation="update", name="core", conventions="be kind")
    assert changed == {"core": config | {"conventions": ["be kind"]}} == client.say("manage_workspaces", operation="list")
    assert "already exists" in client.error("manage_workspaces", operation="create", name="core")
    assert "not found" in client.error("manage_workspaces", operation="update", name="x")
    assert "not found" in client.error("manage_workspaces", operation="delete", name="x")
    assert client.error("manage_workspaces", operation="x").startswith("Invalid operation: x. Use: create")
    inside, outside = make(client, "Inside", tags="api"), make(client, "Rapid", tags="rapid", priority="critical")
    client.say("manage_notes", operation="upsert", item_id=inside, key="decision-1", body="So be it")
    client.say("advance_item", item_id=make(client, "Stuck", tags="db"), trigger="block")
    assert client.say("get_next_item")["id"] == outside
    assert client.say("get_next_item", workspace="core")["id"] == inside
    context = client.say("get_context", workspace="core")
    assert context["counts"] == {"queue": 1, "blocked": 1} and titles(context["blocked"]) == ["Stuck"]
    assert client.say("get_metrics", workspace="core")["total_items"] == 2
    for tool, arguments in [("get_context", {}), ("get_metrics", {}), ("manage_archive", {"operation": "list"}), ("export_graph", {})]:
        assert client.error(tool, workspace="x", **arguments) == ("NOT_FOUND", "workspace"), tool
    assert client.failed("get_next_item", workspace="x").startswith("Error executing tool get_next_item: ")
    full = client.say("get_workspace_context", workspace_name="core", verbosity="full")
    assert list(full) == [
        *("workspace", "brief", "status_counts", "memory_tags", "next_item", "active_items", "blocked_items", "recent_decisions")
    ]
    assert (full["brief"], full["memory_tags"]) == ("The core", ["m"])
    assert [note["body"] for note in full["recent_decisions"]] == ["So be it"]
    assert len(client.say("get_workspace_context", workspace_name="core", verbosity="minimal")) == 5
    assert client.error("get_workspace_context", workspace_name="x") == ("NOT_FOUND", "workspace_name")
    assert client.error("get_workspace_context", workspace_name="core", verbosity="x") == ("VALIDATION", "verbosity")
    assert client.say("manage_workspaces", operation="delete", name="core") == {"deleted": "core"}


def test_metrics_schedules_and_the_archive(client):
    empty = client.say("get_metrics")
    assert empty == {
        "throughput_per_week": [], "lead_time_avg_seconds": 0.0, "wip": 0, "stale_ratio": 0.0,
        "by_priority": dict.fromkeys(("critical", "high", "medium", "low"), 0), "by_tag": {}, "total_items": 0, "period_days": 30,
    }
    done, going = make(client, "Done", priority="high"), make(client, "Going", tags="x,y")
    client.say("advance_item", item_id=done, trigger="complete")
    client.say("advance_item", item_id=going, trigger="start")
    metrics = client.say("get_metrics", days=7)
    assert (metrics["by_priority"]["high"], metrics["wip"], metrics["by_tag"], metrics["total_items"]) == (1, 1, {"x": 1, "y": 1}, 2)
    assert [week["count"] for week in metrics["throughput_per_week"]] == [1] and metrics["period_days"] == 7
    made = client.say("manage_items", operation="create", items_json='[{"title": "Weekly", "schedule": "0 9 * * 1"}]')["items"][0]
    again = client.say("advance_item", item_id=made["id"], trigger="complete")
    assert again["status"] == "queue" and again["next_run_at"].endswith("+00:00")
    assert client.say("get_next_item")["id"] == going  # what is in work comes first, and the weekly one has its time
    late = make(client, "Late", due_at="2020-01-01")
    soon = client.say("get_context")
    assert titles(soon["overdue"]) == ["Late"] and soon["due_soon"] == []
    assert client.say("get_next_item")["id"] == late
    stats = {"archived_count": 0, "eligible_count": 0, "archive_after_days": 30}
    assert client.say("manage_archive", operation="stats") == stats
    assert client.say("manage_archive", operation="run") == {"archived_count": 0, "archived_ids": []}
    assert client.say("manage_archive", operation="run", archive_after_days=0) == {"archived_count": 1, "archived_ids": [done]}
    assert titles(client.say("manage_archive", operation="list")) == ["Done"]
    assert client.error("manage_archive", operation="x").startswith("Invalid operation: x. Use: run, stats, list")
    assert "archived" not in client.say("get_context")["counts"]
    assert client.say("get_context", include_archived=True)["counts"]["archived"] == 1


def test_the_graph_goes_out_and_comes_back(client, repo, cli, tmp_path):
    parent = make(client, "Parent", tags="a", metadata="kept", complexity=3)
    child = make(client, "Child", parent_id=parent, tags="b")
    client.say("manage_notes", operation="upsert", item_id=child, key="k", body="text")
    client.say("manage_dependencies", operation="add", from_id=parent, to_id=child, unblock_at="work")
    client.say("advance_item", item_id=parent, trigger="complete")
    graph = client.say("export_graph")
    assert list(graph) == ["items", "notes", "dependencies", "exported_at", "version"] and graph["version"] == "0.8.0"
    assert titles(client.say("export_graph", tags="b")["items"]) == ["Child"]
    again = client.say("import_graph", data_json=json.dumps(graph))
    assert again == {"imported": True, "mode": "merge", "counts": {"items": 2, "notes": 1, "dependencies": 1}}
    # What the reference loses: a bad file empties it, grandchildren before their parent fail.
    old = [dict(item, created_at="2020-01-01T00:00:00+00:00", updated_at="2020-02-01T00:00:00+00:00") for item in graph["items"]]
    for broken in (
        "{",
        "[]",
        json.dumps(graph | {"items": [{"id": "x"}]}),
        json.dumps(graph | {"items": old[1:], "dependencies": [dict(graph["dependencies"][0], from_id=NOBODY)]}),
    ):
        assert isinstance(client.error("import_graph", data_json=broken, mode="replace"), str)
    assert client.error("import_graph", data_json="{}", mode="x") == ("VALIDATION", "mode")
    assert client.say("export_graph")["items"] == graph["items"]
    assert client.say("import_graph", data_json=json.dumps(graph | {"items": old[::-1]}), mode="replace")["counts"]["items"] == 2
    assert client.say("get_metrics", days=36500)["throughput_per_week"] == [{"week": "2020-W05", "count": 1}]
    assert client.say("get_context")["stale_items"][0]["stale_days"] > 1000
    assert {item["id"]: item["updated_at"] for item in client.say("export_graph")["items"]}[child].startswith("2020-02-01")
    # Two ids that begin alike.
    twins = [dict(old[0], id=f"abcd000{place}-0000-4000-8000-000000000000", parent_id=None) for place in (1, 2)]
    client.say("import_graph", data_json={"items": twins, "notes": [], "dependencies": []})
    assert client.error("query_items", operation="get", item_id="ABCD") == ("CONFLICT", "id")
    assert "2 items match" in client.failed("get_next_status", item_id="abcd", trigger="start")
    assert client.say("manage_items", operation="delete", ids_json=json.dumps([twin["id"] for twin in twins]))["deleted"] == 2
    # Checkpoints.
    made = client.say("manage_checkpoints", operation="create")["created"]
    assert ".git/gitledger/checkpoints/checkpoint-2" in made and repo.git("status", "--porcelain") == ""
    beside = client.say("manage_checkpoints", operation="create", output_dir="kept/here")["created"]
    assert beside.startswith(str(repo.path.resolve() / "kept" / "here"))
    assert client.say("manage_checkpoints", operation="list") == {"checkpoints": [made]}
    assert client.say("manage_checkpoints", operation="list", output_dir="kept/here") == {"checkpoints": [beside]}
    make(client, "Later")
    restored = client.say("manage_checkpoints", operation="restore", path=made)
    assert restored == {"restored": True, "from": made} and len(client.say("query_items")) == 2
    (tmp_path / "outside.json").write_text(json.dumps(graph))
    (repo.path / "link.json").symlink_to(tmp_path / "outside.json")
    assert "NUL" in client.error("manage_checkpoints", operation="restore", path="a\0b")
    for path in ("../outside.json", str(tmp_path / "outside.json"), "link.json"):
        assert "outside the working directory" in client.error("manage_checkpoints", operation="restore", path=path)
    assert "outside" in client.error("manage_checkpoints", operation="create", output_dir="..")
    assert "not found" in client.error("manage_checkpoints", operation="restore", path="nothing.json")
    assert client.error("manage_checkpoints", operation="restore") == "restore needs a path"
    assert client.error("manage_checkpoints", operation="x") == "Invalid operation: x. Valid: create, list, restore, verify"
    assert client.say("manage_checkpoints", operation="verify") == {"ok": True}
    assert cli("verify").exit_code == 0


def test_a_profile_that_is_not_there_is_named(cli):
    result = cli("mcp", "--profile", "other", "--json")
    assert result.exit_code == 2 and "orchestrator" in result.json["error"]["message"]
