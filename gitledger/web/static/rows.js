// Tasks as lines of a list.

import { el } from "./dom.js";
import { badge, dotted, plain, taskAddress, taskLink, tone, when } from "./words.js";

/** A list of tasks; `more` says what stands at the end of each second line. */
export function taskList(tasks, more = () => []) {
  return el("ul.tasks", null, tasks.map((task) => row(task, more(task))));
}

function row(task, more) {
  return el(
    `li.${tone(task.status, task.role)}`,
    { "data-key": task.uid ?? task.id },
    el("a.title", { href: taskAddress(task.id), "data-row": true }, task.title),
    el("p.right", null, todosOf(task), badge(task.status, task.role), task.updated_at ? when(task.updated_at) : null),
    el(
      "p.quiet",
      null,
      dotted(
        el("span.ref", null, task.id),
        task.is_active ? el("strong.active", null, "active") : null,
        urgency(task),
        task.owner,
        (task.labels ?? []).map((label) => el("span.label", null, label)),
        more,
      ),
    ),
  );
}

function todosOf(task) {
  if (!task.todos?.total) return null;
  const { done, total } = task.todos;
  return el("span.todos", { title: `${done} of ${total} todos done` }, `${done}/${total}`);
}

/** A priority that asks for attention, coloured; others as they are. */
export function urgency(task) {
  const word = task.priority;
  if (!word) return null;
  return /^(critical|high)$/.test(word) ? el(`span.${word}`, null, plain(word)) : plain(word);
}

/** `waits for task-0009, task-0011`. */
export function waits(task) {
  if (task.why === "on_hold") return task.hold_reason ?? "on hold";
  const links = task.waits_for.flatMap((ref, place) => (place ? [", ", taskLink(ref)] : [taskLink(ref)]));
  const rest = task.waits_for_total - task.waits_for.length;
  return el("span", null, "waits for ", links, rest > 0 ? ` and ${rest} more` : null);
}
