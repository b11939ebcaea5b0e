// One task: what comes next, plan, todos, and all that was done and proven.

import { ask } from "./ask.js";
import { el, section } from "./dom.js";
import { inline, prose } from "./prose.js";
import { urgency } from "./rows.js";
import { blockers, nextStep, progressBars } from "./step.js";
import { facts } from "./facts.js";
import { changes, commits, evidence, events, runs } from "./work.js";
import { badge, dotted, person, plain, tone, when } from "./words.js";

const STEP = 50; // as many events as a task is shown with anyway
let shown = { ref: null, events: STEP };

export const task = {
  title: (data, route) => (data ? `${data.view.task.id} ${data.view.task.title}` : route.ref),

  async load(route) {
    const given = { task: route.ref };
    if (shown.ref !== route.ref) shown = { ref: route.ref, events: STEP };
    const older = shown.events > STEP ? ask("events", { ...given, limit: shown.events }) : null;
    const [view, related, proof, history] = await Promise.all([ask("task", given), ask("related", given), ask("evidence", given), older]);
    return { view: view.result, related: related.result, proof: proof.result.evidence, history: history?.result.items ?? view.result.events };
  },

  draw({ view, related, proof, history }, again) {
    const record = view.task;
    return [
      el("header.task-head", null,
        el("p.kicker", null, record.id),
        el("h1", null, record.title),
        el("p.quiet", null, dotted(badge(record.status, record.role), urgency(record), record.owner, record.labels.map((label) => el("span.label", null, label)), when(record.updated_at)))),
      el("div.columns", null,
        el("div", null,
          record.hold ? el("p.held", null, "On hold: ", record.hold.reason) : null,
          el(`section.active-task.${tone(record.status, record.role)}`, null, progressBars(view), nextStep(view.next_action)),
          section("Description", null, record.body.trim() ? prose(record.body) : null),
          todos(view.todos),
          criteria(view.validation),
          plan(view),
          questions(view.questions)),
        el("div", null, facts(view, related), commits(related.commits), changes(view.changes), evidence(proof), runs(view.runs))),
      events(history, again, history.length < shown.events ? null : () => ((shown.events += 4 * STEP), again())),
    ];
  },
};

function todos(found) {
  if (!found.total) return null;
  return section("Todos", `${found.done} of ${found.total}`, el("ul.todos-list", null, found.items.map((todo) =>
    el(`li${todo.done ? ".done" : ""}`, { "data-key": todo.event },
      el("span.mark", { role: "img", "aria-label": todo.done ? "done" : "open" }, todo.done ? "✓" : ""),
      el("div", null,
        el("p", null, inline(todo.text)),
        todo.evidence.map((said) => el("p.quiet", null, inline(said))),
        el("p.quiet", null, dotted(el("span.ref", null, todo.id), todo.mandatory ? null : "optional", todo.done ? person(todo.completed_by) : todo.validation_hint && inline(todo.validation_hint), todo.done ? when(todo.done_at) : null)))))));
}

const MARKS = { pass: "✓", fail: "✗", warn: "!" };

function criteria(report) {
  if (!report.criteria.length) return null;
  const held = report.criteria.filter((item) => item.satisfied).length;
  return section("Acceptance criteria", `${held} of ${report.criteria.length}`, el("ul.todos-list", null, report.criteria.map((item) =>
    el(`li${item.satisfied ? ".done" : item.latest_status === "fail" ? ".failed" : ""}`, { "data-key": item.id },
      el("span.mark", { role: "img", "aria-label": plain(item.latest_status) }, item.has_waiver ? "~" : MARKS[item.latest_status] ?? ""),
      el("div", null,
        el("p", null, inline(item.text)),
        item.evidence.map((said) => el("p.quiet", null, inline(said))),
        el("p.quiet", null, dotted(el("span.ref", null, item.id), item.has_waiver ? "waived" : plain(item.latest_status), item.mandatory ? null : "optional", item.history.length > 1 ? `${item.history.length} checks` : null)))))),
    report.run_id ? blockers(report.blockers) : null);
}

function plan(view) {
  const latest = view.plan;
  if (!latest) return null;
  const earlier = view.plans.filter((item) => item.version !== latest.version).reverse();
  return section("Plan", null,
    el("p.quiet", null, dotted(el("span.ref", null, latest.plan_id), plain(latest.status), person(latest.created_by), when(latest.created_at), latest.approved_by ? `accepted by ${person(latest.approved_by)}` : null)),
    el("p.goal", null, inline(latest.goal)),
    latest.body?.trim() ? prose(latest.body) : null,
    latest.rejected_reason ? el("p.held", null, "Rejected: ", latest.rejected_reason) : null,
    listOf("Files", latest.files), listOf("Tests", latest.test_commands), listOf("Expected", latest.expected_outputs, false),
    earlier.length ? el("details", { "data-key": "earlier plans" }, el("summary", null, "Earlier versions"), el("ul.plain", null, earlier.map((item) => el("li", null, el("p", null, item.goal), el("p.quiet", null, dotted(el("span.ref", null, item.plan_id), plain(item.status), when(item.created_at), item.rejected_reason)))))) : null);
}

function listOf(word, items, isCode = true) {
  if (!items?.length) return null;
  return el("dl.inline", null, el("dt", null, word), items.map((item) => el("dd", null, isCode ? el("code", null, item) : item)));
}

function questions(found) {
  if (!found.total) return null;
  return section("Questions", found.open ? `${found.open} open` : null, el("ul.plain", null, found.items.map((item) =>
    el("li", { "data-key": item.event },
      el("p", null, inline(item.question)),
      item.answer ? el("p.answer", null, inline(item.answer)) : null,
      el("p.quiet", null, dotted(el("span.ref", null, item.id), plain(item.status), item.required_for_plan ? "the plan needs it" : null, person(item.answered_by_actor)))))));
}
