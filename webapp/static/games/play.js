// A game in a world: what has been told, what can be done now, and what one types. The rules are Python's; a game is kept
// on the server with every command, so this only shows it.

import { complain, el, fill, text, when } from "../shared/dom.js";
import { rest } from "../shared/rest.js";
import { working } from "../shared/working.js";

export function mount({ element, props, watch }) {
  const root = element.querySelector(".adventure");
  const find = (selector) => root.querySelector(selector);
  const [hint, game, problem] = [find(".hint"), find(".game"), find(".problem")];
  const [list, transcript, options, form] = [find("select"), find(".transcript"), find(".options"), find("form")];
  const [input, told] = [find("input"), find(".told")];
  fill(root);
  let world = null;
  let current = null;
  // A question at a time: what is pressed twice is done once.
  let isAsking = false;

  async function ask(path, body) {
    if (isAsking) return null;
    isAsking = true;
    const answer = await rest(`worlds/${world}/games${path}`, body);
    isAsking = false;
    complain(problem, answer.error);
    return answer.error ? null : answer;
  }

  function show(play) {
    if (!play) return;
    told.hidden = true;
    current = play.id;
    transcript.replaceChildren(...play.transcript.map(({ kind, text: words }) => el(`p.${kind}`, {}, words)));
    transcript.scrollTop = transcript.scrollHeight;
    options.replaceChildren(
      ...play.options.map(({ command, label }) => el("button.outlined", { type: "button", onclick: () => act(command) }, label)),
    );
    game.classList.toggle("won", play.won);
    find("[data-do=undo]").disabled = !play.commands.length;
  }

  // What is looked at or refused is told once, and stands in no transcript that is read again.
  async function act(command) {
    const play = await ask(`/${current}/commands`, { command });
    show(play);
    if (play) input.value = "";
  }

  async function open(id) {
    world = id;
    current = null;
    complain(problem, null);
    hint.hidden = Boolean(world);
    game.hidden = !world;
    if (!world) return;
    const games = await rest(`worlds/${world}/games`);
    if (games.error) return complain(problem, games.error);
    if (games.length) await choose(games, games[0].id);
    else await begin();
  }

  async function choose(games, id) {
    list.replaceChildren(...games.map((one) => el("option", { value: one.id }, `${one.name} · ${when(one.created)}`)));
    list.hidden = games.length < 2;
    list.value = id;
    show(await ask(`/${id}`));
  }

  async function begin() {
    const play = await ask("", {});
    if (!play) return (game.hidden = true);
    const games = await rest(`worlds/${world}/games`);
    await choose(games, play.id);
  }

  function save() {
    const lines = [...transcript.children].map((line) => (line.matches(".command") ? `> ${line.textContent}` : line.textContent));
    const file = new Blob([`${text("games.label")}\n\n`, lines.join("\n\n"), "\n"], { type: "text/plain" });
    const link = el("a", { href: URL.createObjectURL(file), download: "transcript.txt" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
  }

  // A model tells what has happened already; it changes nothing.
  async function tell() {
    const job = await rest("jobs", { assistant: "games", request: { kind: "narration", world, game: current } });
    complain(problem, job.error);
    if (job.error) return;
    const button = find("[data-do=tell]");
    button.disabled = true;
    told.textContent = "";
    const ended = ({ error }) => {
      button.disabled = false;
      complain(problem, error);
    };
    const hear = (delta) => {
      told.hidden = false;
      told.textContent += delta;
    };
    find(".line").replaceChildren(working(job.id, ended, { text: hear }));
  }

  find("[data-do=tell]").addEventListener("click", tell);
  list.addEventListener("change", async () => show(await ask(`/${list.value}`)));
  find("[data-do=begin]").addEventListener("click", begin);
  find("[data-do=undo]").addEventListener("click", async () => show(await ask(`/${current}/undo`, {})));
  find("[data-do=save]").addEventListener("click", save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.value.trim()) act(input.value);
  });
  // The words of a world that is being written come in when one looks again.
  new IntersectionObserver(async (seen) => {
    if (seen.at(-1).isIntersecting && current) show(await ask(`/${current}`));
  }).observe(root);
  const look = () => (props.value?.world ?? null) !== world && open(props.value?.world ?? null);
  watch("value", look);
  look();
}
