// How a script asks the studio what any program can ask it: over /api.

import { wentWrong } from "./dom.js";

// Asks the REST interface; `body` makes it a POST unless `method` says otherwise. Returns the answer or { error }.
export async function rest(path, body = undefined, method = body === undefined ? "GET" : "POST") {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const reply = await fetch(new URL(`api/${path}`, document.baseURI), options).catch(() => null);
  const data = reply?.status === 204 ? {} : await reply?.json().catch(() => null);
  if (reply?.ok) return data ?? {};
  return { error: wentWrong(data) };
}
