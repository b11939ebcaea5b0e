// Elements made of text. Nothing here, and nothing on these pages, turns a string into markup.

/** An element: `el("p.quiet", { title: "…" }, "text", child)`. `on…` adds a listener; null, false and undefined leave out. */
export function el(spec, attributes, ...children) {
  const [tag, ...classes] = spec.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

/** The children that are there, lists among them laid flat. */
function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** Put new content into a container; what was focused, and what was opened, stays so. */
export function show(container, ...children) {
  const focused = container.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  const opened = new Set([...container.querySelectorAll("details[open][data-key]")].map((item) => item.dataset.key));
  const closed = new Set([...container.querySelectorAll("details:not([open])[data-key]")].map((item) => item.dataset.key));
  container.replaceChildren(...present(children));
  for (const item of container.querySelectorAll("details[data-key]")) {
    if (opened.has(item.dataset.key)) item.open = true;
    if (closed.has(item.dataset.key)) item.open = false;
  }
  if (focused !== null) {
    const again = [...container.querySelectorAll("a, button, summary, input, select")].find((item) => keyOf(item) === focused);
    again?.focus({ preventScroll: true });
  }
}

/** What tells an element that can be focused from the others, before and after it was made anew. */
function keyOf(element) {
  return element.dataset.key ?? element.closest("[data-key]")?.dataset.key ?? element.getAttribute("href") ?? element.textContent;
}

/** A section under a heading; nothing where it has no content. */
export function section(title, aside, ...children) {
  const content = present(children);
  if (!content.length) return null;
  return el("section", null, el("h2", null, title, aside ? el("span.count", null, aside) : null), content);
}
