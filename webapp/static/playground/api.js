// What the playground asks the studio over /api.

import { rest } from "../shared/rest.js";

const named = (id) => encodeURIComponent(id);

export const home = () => rest("playground");
export const dataset = () => rest("playground/dataset");
export const prompt = (id) => rest(`playground/prompt?template=${named(id)}`);
export const fromItem = (job) => rest(`playground/request?item=${named(job)}`);
export const table = (text, pairs) => rest("playground/table", { text, pairs });
export const compare = (left, right) => rest("playground/compare", { left, right });
export const run = (request) => rest("jobs", { assistant: "playground", request });
export const stop = (job) => rest(`jobs/${job}/stop`, {});
export const open = (job) => rest(`playground/runs/${named(job)}`);
export const messages = (job, variant, row) => rest(`playground/runs/${named(job)}/messages?variant=${variant}&row=${row}`);
export const promote = (job, variant, template, note) => rest("playground/promote", { job, variant, template, note });
export const templates = () => rest("prompts");

export const experiments = () => rest("experiments");
export const experiment = (id) => rest(`experiments/${named(id)}?messages=true`);
export const rename = (id, name) => rest(`experiments/${named(id)}`, { name }, "PATCH");
export const drop = (id) => rest(`experiments/${named(id)}`, undefined, "DELETE");
export const save = (id, name, request) =>
  id ? rest(`experiments/${named(id)}`, { name, request }, "PUT") : rest("experiments", { name, request });
