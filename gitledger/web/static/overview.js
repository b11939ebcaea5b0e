// The ledger at a glance.

import { ask } from "./ask.js";
import { el, section } from "./dom.js";
import { entries } from "./log.js";
import { taskList, waits } from "./rows.js";
import { nextStep, progressBars } from "./step.js";
import { FILTERED_ROLES, ROLE_WORDS, badge, counted, dotted, taskLink, tone, when } from "./words.js";

export const overview = {
  title: () => "Overview",

  async load(_, where) {
    const [glance, log] = await Promise.all([ask("overview", { limit: 8 }), ask("log", { limit: 12 })]);
    const task = where.result.active_task ? await activeTask(where.chosen) : null;
    return { glance: glance.result, log: log.result, task };
  },

  draw({ glance, log, task }) {
    if (!glance.total) return [empty()];
    return [
      el("h1.aside", null, "Overview"),
      roles(glance),
      el(
        "div.columns",
        null,
        el("div", null, task ? active(task) : noActive(), underWay(glance), ready(glance)),
        el("div", null, blocked(glance), stale(glance), section("Lately", null, entries(log.entries), el("p.more", null, el("a", { href: "#/log" }, "The whole log")))),
      ),
    ];
  },
};

/** How the active task stands; null where it has been put down since `where` was asked. */
async function activeTask(ledger) {
  try {
    return (await ask("task", { ledger })).result;
  } catch (error) {
    if (error.code === "NO_ACTIVE_TASK") return null;
    throw error;
  }
}

function empty() {
  return el("div.notice", null, el("h1", null, "No tasks yet"), el("p", null, "The first one is made with"), el("p", null, el("code.command", null, 'gitledger task create "What is to be done"')));
}

function roles(glance) {
  const found = Object.entries(glance.by_role);
  const shown = found.filter(([role]) => role !== "archived");
  const bar = el("div.bar", { "aria-hidden": "true" }, shown.map(([role, many]) => {
    const part = el(`span.${role}`);
    part.style.flexGrow = many;
    return part;
  }));
  const legend = found.map(([role, many]) => {
    const words = [el("strong", null, many.toLocaleString("en")), ` ${ROLE_WORDS[role] ?? role}`];
    const address = role === "archived" ? "#/tasks?archived=all" : `#/tasks?role=${role}`;
    return el(`li.${role}`, null, FILTERED_ROLES.includes(role) || role === "archived" ? el("a", { href: address }, words) : words);
  });
  return el("div.roles", null, bar, el("ul", { "aria-label": "Tasks by role" }, legend));
}

function active(task) {
  const { task: record, next_action: next } = task;
  return el(
    `section.active-task.${tone(record.status, record.role)}`,
    null,
    el("p.kicker", null, "Active task"),
    el("h2.headline", null, taskLink(record.id, record.title)),
    el("p.quiet", null, dotted(el("span.ref", null, record.id), badge(record.status, record.role), record.owner, when(record.updated_at))),
    progressBars(task),
    nextStep(next),
  );
}

function noActive() {
  return el("section.active-task", null, el("p.kicker", null, "Active task"), el("p", null, "None is chosen here. ", el("code.command", null, "gitledger task activate TASK")));
}

function underWay(glance) {
  const held = (task) => (task.holder ? `held by ${task.holder.replace(/^user /, "")}` : "nobody holds it");
  return part("Under way", glance.active, glance.active_total, held, "#/tasks?role=work");
}

function ready(glance) {
  // What is under way stands above already.
  const tasks = glance.ready.filter((task) => task.role === "queue");
  if (!tasks.length) return null;
  const all = el("p.more", null, el("a", { href: "#/tasks?role=queue" }, "All in the queue"));
  return section("Ready to take", null, taskList(tasks, (task) => (task.due ? `due ${task.due}` : [])), all);
}

function blocked(glance) {
  return part("Blocked", glance.blocked, glance.blocked_total, waits);
}

function stale(glance) {
  return part("Forgotten", glance.stale, glance.stale_total, () => []);
}

function part(title, tasks, total, more, address = null) {
  if (!total) return null;
  const rest = total - tasks.length;
  const end = rest > 0 && address ? el("p.more", null, el("a", { href: address }, counted(rest, "more", "more"))) : null;
  return section(title, total, taskList(tasks, more), end);
}
