// What the Write tab asks of /api, one question after the other: each is made of what the answer before it has left.

import { toast } from "../shared/dom.js";
import { isOpen } from "../shared/live.js";
import { rest } from "../shared/rest.js";

// Longer than this nobody is kept waiting: what is typed stays with the browser and is sent again.
const PATIENCE_MS = 20_000;

const ask = (path, body, method) => rest(path, body, method, PATIENCE_MS);
const at = (...parts) => ["drafts", ...parts].map(encodeURIComponent).join("/");
const part = (draft, section, ...parts) => at(draft, "sections", section, ...parts);

// What the desk follows of a job.
const work = ({ id, status, request }) => ({ ...request, id, is_open: isOpen(status) });

async function job({ job }) {
  const found = await ask(`jobs/${encodeURIComponent(job)}`);
  return found.error ? found : { job: work(found), draft: found.result?.draft, assistant: found.assistant, inputs: found.request };
}

async function write({ request }) {
  const ticket = await ask("jobs", { assistant: "writing", request });
  return ticket.error ? ticket : job({ job: ticket.id });
}

const QUESTIONS = {
  choices: () => ask("writing"),
  list: ({ q, limit }) => ask(`drafts?${new URLSearchParams({ q, limit })}`),
  rename: ({ draft, name }) => ask(at(draft), { name }, "PATCH"),
  remove: ({ draft }) => ask(at(draft), undefined, "DELETE"),
  bringBack: ({ draft }) => ask(`trash/${encodeURIComponent(draft)}/restore`, {}),
  job,
  write,
  stop: ({ job }) => ask(`jobs/${encodeURIComponent(job)}/stop`, {}),
  open: ({ draft }) => ask(at(draft)),
  brief: ({ draft, brief }) => ask(at(draft, "brief"), brief, "PUT"),
  save: ({ draft, section, ...typed }) => ask(part(draft, section), typed, "PUT"),
  arrange: ({ draft, ...wanted }) => ask(at(draft, "outline"), wanted, "PUT"),
  lock: ({ draft, section, locked }) => ask(part(draft, section, "lock"), { locked }, "PUT"),
  replace: ({ draft, section, ...stretch }) => ask(part(draft, section, "replace"), stretch),
  choose: ({ draft, section, version, based_on }) => ask(part(draft, section, "alternates", version), { based_on }),
  undo: ({ draft }) => ask(at(draft, "undo"), {}),
  redo: ({ draft }) => ask(at(draft, "redo"), {}),
  versions: ({ draft }) => ask(at(draft, "versions")),
  compare: ({ draft, version }) => ask(`${at(draft, "compare")}?${new URLSearchParams({ left: version })}`),
  restore: ({ draft, version }) => ask(at(draft, "versions", version, "restore"), {}),
  branch: ({ draft, version }) => ask(at(draft, "versions", version, "branch"), {}),
  checks: ({ draft }) => ask(at(draft, "checks")),
  html: ({ draft }) => ask(at(draft, "html")),
};

let last = Promise.resolve();

// Puts a question when its turn has come, which is when `more`, if it is a function, says what it is about. Returns the
// answer; what went wrong is said, too, unless the asker does that (`quiet`).
export function act(what, more = {}, { quiet = false } = {}) {
  const put = async () => {
    const answer = await QUESTIONS[what](typeof more === "function" ? more() : more);
    if (answer.error && !quiet) toast(answer.error, { problem: true });
    return answer;
  };
  return (last = last.then(put, put));
}
