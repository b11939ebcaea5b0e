"""`show REF` against a real ledger: events by their names in the tree, and references that lead into another ledger."""


def test_events_are_found_by_the_beginning_of_their_id_in_tasks_and_book(repo, cli):
    begun = cli("init", "--json").json["events"]
    made = cli("task", "create", "Job", "--json").json["events"]
    cli("task", "create", "Other")
    cli("task", "archive", "2")
    for event, name, task in ((made[0], "task.created", "task-0001"), (begun[0], "ledger.created", None)):
        for ref in (event, event[:12]):
            shown = cli("show", ref, "--json").json["result"]
            assert (shown["what"], shown["ref"], shown["task_id"]) == ("event", event, task)
            assert shown["event"]["event"] == name
    said = cli("show", made[0][:12])
    assert said.exit_code == 0 and "task.created" in said.stdout and "title" in said.stdout
    cli("task", "delete", "1", "--reason", "Not wanted.")
    assert cli("show", made[0], "--json").json["error"]["code"] == "NOT_FOUND"


def test_a_reference_may_name_another_ledger(repo, cli):
    cli("init")
    cli("ledger", "fork", "feature")
    cli("task", "create", "Only here", "--slug", "here")
    cli("todo", "add", "--task", "here", "--text", "Look.")
    cli("ledger", "switch", "main")
    for ref, found in (("feature:here", "task-0001"), ("feature:1/todo-1", "task-0001/todo-0001")):
        assert cli("show", ref, "--json").json["result"]["ref"] == found
    assert cli("show", "here", "--json").json["error"]["code"] == "NOT_FOUND"
    assert cli("show", "nowhere:1", "--json").json["error"]["code"] == "NO_LEDGER"
