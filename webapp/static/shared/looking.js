// Look inside: opens the Lab on the text or the picture that an item made.

import { toast } from "./dom.js";
import { goTo } from "./page.js";
import { rest } from "./rest.js";

// Looks at what a job made, of one with several steps at the one that is named.
export async function lookInside(job, { part = "tokens", which } = {}) {
  const made = await rest("jobs", { assistant: "lab", request: { part, job, ...(which && { which }) } });
  if (made.error) return toast(made.error, { problem: true });
  return goTo("lab", { job: made.id });
}
