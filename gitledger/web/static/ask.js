// Questions to the server that this page came from.

const LOST = "The server cannot be reached. Has it been ended?";
let ledger = sessionStorage.getItem("ledger") ?? "";

/** A question that was refused: `code`, `message`, and perhaps a `hint` that helps. */
export class Refusal extends Error {
  constructor(error) {
    super(error.message);
    Object.assign(this, error);
  }
}

export function chosenLedger() {
  return ledger;
}

/** Ask of this ledger from now on; of none: of the one that is checked out. */
export function chooseLedger(name) {
  ledger = name;
  sessionStorage.setItem("ledger", name);
}

/** What the server answers, with its `state` and the ledger that was `chosen`; null where that is `known` already. Raises a Refusal. */
export async function ask(name, given = {}, known = null) {
  const query = new URLSearchParams();
  const chosen = given.ledger ?? ledger;
  for (const [word, value] of Object.entries({ ...given, ledger: chosen })) {
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined && one !== false) query.append(word, one);
  }
  const answer = await reach(`/api/${name}?${query}`, known);
  if (answer.status === 304) return null;
  const body = await answer.json().catch(() => ({ ok: false, error: { code: "LOST", message: LOST } }));
  if (!body.ok) throw new Refusal(body.error);
  return { ...body, chosen, state: answer.headers.get("ETag") };
}

async function reach(address, known) {
  try {
    return await fetch(address, { cache: "no-store", headers: known ? { "If-None-Match": known } : {} });
  } catch {
    throw new Refusal({ code: "LOST", message: LOST });
  }
}
