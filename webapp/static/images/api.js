// How the Images tab asks the studio: over the same interface as programs (/api), whose errors are sentences already.

import { toast, wentWrong } from "../shared/dom.js";

// Returns the answer, or { problem } with the sentence, which is said unless the asker does that (`quiet`).
export async function call(method, path, body, { quiet = false, blob = false } = {}) {
  const isForm = body instanceof FormData;
  const headers = body && !isForm ? { "Content-Type": "application/json" } : {};
  const sent = body && !isForm ? JSON.stringify(body) : body;
  const answer = await fetch(new URL(`api/${path}`, document.baseURI), { method, headers, body: sent }).catch(() => null);
  if (answer?.ok && blob) return answer.blob();
  const said = answer?.status === 204 ? {} : await answer?.json().catch(() => null);
  if (answer?.ok && said) return said;
  const problem = wentWrong(said);
  if (!quiet) toast(problem, { problem: true });
  return { problem };
}

// Takes a file in and returns its id.
export async function keep(file, name = file.name) {
  const data = new FormData();
  data.append("file", file, name);
  return (await call("POST", "files", data)).id ?? null;
}

export const submit = (request, assistant = "images") => call("POST", "jobs", { assistant, request }, { quiet: true });

export const address = (path) => new URL(path.replace(/^\//, ""), document.baseURI).href;
// "/api/files/ID?7" is the file ID.
export const fileOf = (path) => path.replace(/\?.*$/, "").split("/").at(-1);
