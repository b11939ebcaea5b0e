// The frame around the pages: which page the address names, and following the ledger.

import { Refusal, ask, chooseLedger, chosenLedger } from "./ask.js";
import { el, show } from "./dom.js";
import { log } from "./log.js";
import { overview } from "./overview.js";
import { command } from "./step.js";
import { task } from "./task.js";
import { tasks } from "./tasks.js";

const PAGES = { overview, tasks, task, log };
const SLOWEST_MS = 15000;
const main = document.getElementById("main");
const content = el("div");
let where = null; // the last answer to `where`: place, ledger, tip, and how often to look
let current = { name: "", page: null, route: null, data: null };
let turn = 0;
let isPaused = false;
let misses = 0;
let timer = null;

// ---------------------------------------------------------------------------------------------- which page

function parse(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?");
  const [first, ref] = path.split("/");
  const route = { query: new URLSearchParams(query ?? ""), ref: ref ? decoded(ref) : null };
  const name = first === "tasks" ? (ref ? "task" : "tasks") : first === "log" ? "log" : "overview";
  return { name, route };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Go to the page that the address names. */
async function navigate() {
  const { name, route } = parse(location.hash);
  const isFirst = current.name === "";
  const isNew = name !== current.name || name === "task";
  current = { name, page: PAGES[name], route, data: isNew ? null : current.data };
  for (const link of document.querySelectorAll("#pages a")) {
    const isHere = link.dataset.page === name || (name === "task" && link.dataset.page === "tasks");
    isHere ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  if (isNew) {
    content.replaceChildren();
    main.replaceChildren(...[current.page.frame?.(again), content].filter(Boolean));
    window.scrollTo(0, 0);
  }
  await again();
  if (isNew && !isFirst && document.activeElement === document.body) main.focus({ preventScroll: true });
}

/** Draw the page again, with what is known (`isKnown`) or with what the ledger says now. */
async function again(isKnown = false) {
  const mine = ++turn;
  const { page, route } = current;
  try {
    if (where === null) return;
    if (!where.result.exists) return say(noLedger());
    const data = isKnown && current.data ? current.data : await page.load(route, where);
    if (mine !== turn) return;
    current.data = data;
    show(content, ...page.draw(data, again));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (mine === turn && error.code !== "LOST") say(refused(error));
  }
  document.title = `${page.title(current.data, route)} · ${place()}`;
}

function say(notice) {
  show(content, notice);
}

function noLedger() {
  return el("div.notice", null, el("h1", null, `There is no ledger ${where.ledger} yet`), el("p", null, "It is started with"), el("p", null, command("gitledger init")));
}

function refused(error) {
  return el("div.notice", { role: "alert" }, el("h1", null, error.code === "NOT_FOUND" ? "Not found" : "This cannot be shown"), el("p", null, error.message), error.hint ? el("p", null, command(error.hint)) : null);
}

// ---------------------------------------------------------------------------------------------- following

/** Ask whether anything has happened, draw it, and ask again a little later. */
async function follow() {
  clearTimeout(timer);
  if (isPaused || document.hidden) return;
  try {
    const found = await ask("where", {}, where?.state);
    misses = 0;
    if (found) {
      where = found;
      await tellPlace();
      await again();
    }
    tell("live", "live");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    misses += 1;
    tell("lost", "not connected");
    if (where === null) say(refused(error));
    if (error.code === "INVALID_INPUT" && chosenLedger()) chooseLedger("");
  }
  clearTimeout(timer);
  timer = setTimeout(follow, Math.min((where?.refresh_ms ?? 1000) * 2 ** misses, Math.max(SLOWEST_MS, where?.refresh_ms ?? 0)));
}

function tell(state, words) {
  document.getElementById("live").className = state;
  const word = document.getElementById("live-word");
  if (word.textContent !== words) word.textContent = words;
}

function pause() {
  isPaused = !isPaused;
  if (isPaused) tell("paused", "paused");
  else follow();
}

function place() {
  const path = where?.result.repository ?? "";
  const parts = path.split("/").filter((part) => part && part !== ".git");
  return parts.at(-1) ?? "gitledger";
}

async function tellPlace() {
  const repository = document.getElementById("repository");
  repository.textContent = place();
  repository.title = where.result.repository;
  document.getElementById("version").textContent = `gitledger ${where.version}`;
  const { ledgers } = (await ask("ledgers")).result;
  const select = document.getElementById("ledger");
  const name = document.getElementById("ledger-name");
  select.hidden = ledgers.length < 2 && !chosenLedger();
  name.hidden = !select.hidden;
  name.textContent = where.ledger;
  const here = chosenLedger() ? "the ledger checked out" : `${where.ledger} (checked out)`;
  show(select, el("option", { value: "" }, here), ledgers.filter((item) => chosenLedger() || item.ref !== where.ledger).map((item) => el("option", { value: item.ref }, item.ref)));
  select.value = chosenLedger();
}

// ---------------------------------------------------------------------------------------------- keys

const KEYS = {
  "/": () => focusSearch(),
  j: () => step(1),
  k: () => step(-1),
  o: () => (location.hash = "#/"),
  t: () => (location.hash = "#/tasks"),
  l: () => (location.hash = "#/log"),
  p: pause,
};

async function focusSearch() {
  if (!document.getElementById("search")) {
    location.hash = "#/tasks";
    await new Promise((done) => window.addEventListener("hashchange", done, { once: true }));
  }
  document.getElementById("search")?.focus();
}

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")];
  const place = rows.indexOf(document.activeElement);
  rows[place < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, place + by))]?.focus();
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, select, textarea");
  if (event.key === "Escape" && isTyping) event.target.blur();
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key]();
});

document.getElementById("skip").addEventListener("click", (event) => (event.preventDefault(), main.focus()));
document.getElementById("live").addEventListener("click", pause);
document.getElementById("ledger").addEventListener("change", (event) => (chooseLedger(event.target.value), (where = null), follow()));
document.addEventListener("visibilitychange", follow);
window.addEventListener("hashchange", navigate);

// The token is in a cookie by now: it need not stand in the address, nor in the history.
if (location.search) history.replaceState(null, "", location.pathname + location.hash);
navigate();
follow();
