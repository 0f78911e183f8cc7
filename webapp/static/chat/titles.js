// A title by the model, once the first replies are there and nobody types; each conversation is asked about once.

import { rest } from "../shared/rest.js";

const IDLE_MS = 6_000;
// Later messages tell no better what it is about.
const FIRST_TURNS = 4;

// `isIdle(id)` says whether nothing is going on in that conversation; `found(conversation)` has its new title.
export function mountTitles({ isIdle, found }) {
  const asked = new Set();
  let timer = null;

  return (conversation, turns) => {
    clearTimeout(timer);
    if (!conversation || conversation.temporary || asked.has(conversation.id) || turns.length > FIRST_TURNS) return;
    timer = setTimeout(async () => {
      if (!isIdle(conversation.id)) return;
      asked.add(conversation.id);
      const { title } = await rest(`conversations/${conversation.id}/title`, {});
      if (title) found({ ...conversation, title });
    }, IDLE_MS);
  };
}
