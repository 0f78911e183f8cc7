// What is shown of a conversation: the last messages of its active branch, and those before as far as one has gone back.

import { isOpen } from "../shared/live.js";
import { rest } from "../shared/rest.js";

const PAGE = 30;
const MOST = 1_000;

// Running or stopping is told by events; it must not change a message that is being streamed.
const settled = (turn) => (isOpen(turn.status) ? { ...turn, status: "queued", usage: null, reasoning: null } : turn);
const keyed = (turn) => ({ ...turn, key: JSON.stringify(turn) });

export function readWindow() {
  let turns = [];
  let earlier = false;
  let asked = 0;

  // `earlier`: a page more; `whole`: all that is shown anew, for any of it may have changed; `fresh`: another
  // conversation, as far back as `message` is. Else the end alone, which is put to what is there.
  async function read(id, { earlier: isBack = false, whole = false, fresh = false, message = null } = {}) {
    const number = ++asked;
    if (fresh) clear();
    const before = isBack && turns.length ? turns[0].id : null;
    const limit = whole ? Math.min(MOST, Math.max(PAGE, turns.length)) : PAGE;
    const value = await page(id, limit, before);
    // Of two answers that overlap the later question's counts.
    if (value.error || number !== asked) return value;
    if (before) take([...value.messages, ...turns], value.earlier);
    else join(value, whole);
    while (message && earlier && turns.length < MOST && !turns.some((turn) => turn.id === message)) {
      const more = await page(id, PAGE, turns[0].id);
      if (more.error || number !== asked) break;
      take([...more.messages, ...turns], more.earlier);
    }
    return value;
  }

  const page = (id, limit, before) =>
    rest(`conversations/${id}/messages?limit=${limit}${before ? `&before=${encodeURIComponent(before)}` : ""}`);

  function join(value, whole) {
    const place = whole ? -1 : turns.findIndex(({ id }) => id === value.messages[0]?.id);
    if (place > 0) take([...turns.slice(0, place), ...value.messages], earlier);
    else take(value.messages, value.earlier);
  }

  function take(all, hasEarlier) {
    turns = all.map((turn) => (turn.key ? turn : keyed(settled(turn))));
    earlier = hasEarlier;
  }

  function clear() {
    turns = [];
    earlier = false;
  }

  return { read, clear, now: () => ({ turns, earlier }) };
}
