// How a script asks the studio what any program can ask it: over /api.

import { wentWrong } from "./dom.js";

// Asks the REST interface; `body` makes it a POST unless `method` says otherwise, and `patience` is how many milliseconds
// an answer may take. Returns the answer or { error, status, kept }: the sentence, the HTTP status (0 where there was no
// answer) and, of a conflict, the version that holds what was sent.
export async function rest(path, body = undefined, method = body === undefined ? "GET" : "POST", patience = 0) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (patience) options.signal = AbortSignal.timeout(patience);
  const reply = await fetch(new URL(`api/${path}`, document.baseURI), options).catch(() => null);
  const data = reply?.status === 204 ? {} : await reply?.json().catch(() => undefined);
  if (reply?.ok && data !== undefined) return data ?? {};
  return { error: wentWrong(data), status: reply?.status ?? 0, kept: data?.error?.kept };
}
