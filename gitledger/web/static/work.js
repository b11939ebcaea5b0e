// The work on a task: runs, changes, commits, evidence, events.

import { el, section } from "./dom.js";
import { inline, prose } from "./prose.js";
import { dotted, person, plain, when } from "./words.js";

export function runs(found) {
  if (!found.length) return null;
  return section("Runs", found.length, el("ul.plain", null, [...found].reverse().map((run) => {
    const head = [el("span.name", null, plain(run.run_type)), el(`span.status.${run.status === "running" ? "work" : run.result === "failed" ? "failed" : run.status === "finished" ? "done" : "queue"}`, null, run.result ?? run.status), when(run.started_at)];
    const rest = [
      run.summary?.trim() ? prose(run.summary) : null,
      run.recommendation ? el("p", null, "Recommended: ", inline(run.recommendation)) : null,
      run.worklog.length ? el("ul.worklog", null, run.worklog.map((line) => el("li", null, el("span.kind", null, plain(line.kind)), " ", inline(line.text), line.path ? [" ", el("code", null, line.path)] : null))) : null,
      run.checks.length ? el("ul.worklog", null, run.checks.map((check) => el("li", null, el("span.kind", null, `${check.criterion_id} ${plain(check.status)}`), " ", check.details ? inline(check.details) : null, check.evidence.map((said) => [" ", inline(said)])))) : null,
      el("p.quiet", null, dotted(el("span.ref", null, run.run_id), person(run.actor), run.harness, run.based_on_plan, run.finished_at ? el("span", null, "ended ", when(run.finished_at)) : null)),
    ];
    return el("li", null, el("details", { "data-key": run.event, open: run.status === "running" }, el("summary", null, head), rest));
  })));
}

export function changes(found) {
  if (!found.length) return null;
  return section("Changes", found.length, el("ul.plain", null, [...found].reverse().map((change) =>
    el("li", null,
      el("p", null, inline(change.summary)),
      change.path ? el("p.paths", null, [...new Set([change.path, ...change.paths])].map((path) => el("code", null, path))) : null,
      el("p.quiet", null, dotted(el("span.ref", null, change.change_id), plain(change.kind), change.git_diff_stat, person(change.actor), when(change.timestamp)))))));
}

export function commits(found) {
  if (!found.length) return null;
  return section("Commits", found.length, el("ul.plain", null, [...found].reverse().map((commit) =>
    el("li", null, el("p", null, commit.subject), el("p.quiet", null, dotted(el("code", { title: commit.commit }, commit.short), `by ${commit.source}`, commit.run, when(commit.at)))))));
}

export function evidence(found) {
  if (!found.length) return null;
  return section("Evidence", found.length, el("ul.plain", null, [...found].reverse().map((item) => {
    const verdict = item.passed === null ? null : el(`span.status.${item.passed ? "done" : "failed"}`, null, item.passed ? "passed" : "failed");
    const said = item.summary || item.command || item.artifacts.join(", ");
    return el("li", null,
      el("p", null, item.summary ? inline(item.summary) : el("code.wrap", null, said)),
      item.summary && item.command ? el("p", null, el("code.wrap", null, item.command)) : null,
      item.output_tail ? el("details", { "data-key": item.event }, el("summary", null, "Output"), el("pre", null, item.output_tail)) : null,
      el("p.quiet", null, dotted(el("span.ref", null, item.id), verdict, item.captured ? "captured" : "by word", item.exit_code === null ? null : `exit ${item.exit_code}`, item.subject, when(item.recorded_at))));
  })));
}

let family = "";

/** The last events, with a choice of which, and if there may be older ones, a way to them. */
export function events(found, again, older) {
  if (!found.length) return null;
  const families = [...new Set(found.map((event) => event.event.split(".")[0]))].sort();
  if (!families.includes(family)) family = "";
  const select = el("select", { "aria-label": "Which events", "data-key": "events" }, el("option", { value: "" }, "Every event"), families.map((word) => el("option", { value: word, selected: word === family }, word)));
  select.addEventListener("change", () => ((family = select.value), again(true)));
  const fitting = found.filter((event) => !family || event.event.startsWith(`${family}.`)).reverse();
  return section("Events", `the last ${found.length}`, select, el("ul.events", null, fitting.map((event) =>
    el("li", null, el("details", { "data-key": event.event_id },
      el("summary", null, el("span.name", null, event.event), el("span.quiet", null, dotted(event.op, person(event.actor), when(event.ts)))),
      el("pre", null, JSON.stringify(event.data, null, 2)),
      el("p.quiet", null, dotted(el("span.ref", null, event.event_id), event.actor?.person, event.actor?.host)))))),
    older ? el("p.more", null, el("button", { type: "button", "data-key": "older events", onclick: older }, "Show older ones")) : null);
}
