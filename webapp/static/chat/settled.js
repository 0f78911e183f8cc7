// What the conversation that is shown asks with: kept with it, or until it is begun in the browser.

import { recall, remember } from "../shared/dom.js";
import { rest } from "../shared/rest.js";

const NEW = "studio.chat.new";

// `conversation()` is the one that is shown, null while it is to be begun; `told(answer)` says whether it went well.
export function keepSettings({ conversation, told }) {
  let chosen = {};
  let last = Promise.resolve(true);
  let failed = null;
  let changes = 0;

  const plain = (settings) =>
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null && value !== "" && !(typeof value === "object" && !Object.keys(value).length)));

  // A new chat begins with what was chosen for it before a reload, or else as the last one was.
  // What is `wanted` for it counts for a message that is sent at once, too.
  function begin(wanted = {}) {
    const before = ++changes;
    const load = async () => {
      const kept = recall(NEW);
      const settings = kept ? JSON.parse(kept) : await rest("conversations/settings");
      if (before !== changes) return true;
      chosen = plain({ ...(settings.error ? {} : settings), ...wanted });
      if (Object.keys(wanted).length && !conversation()) remember(NEW, JSON.stringify(chosen));
      return true;
    };
    return (last = last.then(load));
  }

  function update(wanted) {
    changes += 1;
    chosen = plain({ ...chosen, ...wanted });
    const shown = conversation();
    if (!shown) remember(NEW, JSON.stringify(chosen));
    else last = last.then(() => save(shown.id, chosen));
    return chosen;
  }

  async function save(id, settings) {
    const answer = await rest(`conversations/${id}`, { settings }, "PATCH");
    failed = answer.error ? { id, settings } : null;
    return told(answer);
  }

  // Before a message is sent: what could not be kept is tried once more, so that it says what is wrong.
  async function saved() {
    await last;
    return failed && failed.id === conversation()?.id ? save(failed.id, chosen) : true;
  }

  return {
    begin,
    update,
    saved,
    show: (settings) => ((failed = null), (changes += 1), (chosen = plain(settings))),
    now: () => chosen,
    forget: () => remember(NEW, ""),
  };
}
