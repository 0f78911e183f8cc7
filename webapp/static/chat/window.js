// What is shown of a conversation: a window of its active branch, at its end or as far back as one has gone. Only so
// many messages are on the page, however long the conversation is.

import { isOpen } from "../shared/live.js";
import { rest } from "../shared/rest.js";

const PAGE = 30;
const MOST = 120;

// Running or stopping is told by events; it must not change a message that is being streamed.
const settled = (turn) => (isOpen(turn.status) ? { ...turn, status: "queued", usage: null, reasoning: null } : turn);
const keyed = (turn) => ({ ...turn, key: JSON.stringify(turn) });

export function readWindow() {
  let turns = [];
  let earlier = false;
  let later = false;
  let asked = 0;

  // `earlier` and `later`: a page more on that side; `message`: the place where this one is; `whole`: all that is shown
  // anew, for any of it may have changed; `fresh`: another conversation; `end`: its end, wherever one is. Else what
  // may have come at the end, where that is shown.
  async function read(id, { earlier: isBack = false, later: isOn = false, whole = false, fresh = false, end = false, message = null } = {}) {
    const number = ++asked;
    if (fresh) clear();
    const value = await page(id, place({ isBack, isOn, whole, end, message }));
    // Of two answers that overlap the later question's counts.
    if (value.error || number !== asked) return value;
    const { messages } = value;
    if (isBack) take([...messages, ...turns], value.earlier, later, "end");
    else if (isOn) take([...turns, ...messages], earlier, value.later, "beginning");
    else join(value, whole || message);
    return value;
  }

  function place({ isBack, isOn, whole, end, message }) {
    if (message) return { around: message, limit: PAGE };
    if (isBack && turns.length) return { before: turns[0].id, limit: PAGE };
    if (isOn && turns.length) return { after: turns.at(-1).id, limit: PAGE };
    const limit = whole ? Math.max(PAGE, turns.length) : PAGE;
    if (end || !later) return { limit };
    // One who reads far from the end stays there.
    const [first] = turns;
    return first.parent ? { after: first.parent, limit: turns.length } : { around: first.id, limit: turns.length };
  }

  const page = (id, query) => rest(`conversations/${id}/messages?${new URLSearchParams(query)}`);

  function join(value, isWhole) {
    const known = isWhole || later ? -1 : turns.findIndex(({ id }) => id === value.messages[0]?.id);
    if (known > 0) take([...turns.slice(0, known), ...value.messages], earlier, value.later, "beginning");
    else take(value.messages, value.earlier, value.later);
  }

  // What is too much is left out on the side that one comes from; never a reply that is still being written.
  function take(all, hasEarlier, hasLater, side = null) {
    turns = all.map((turn) => (turn.key ? turn : keyed(settled(turn))));
    earlier = hasEarlier;
    later = hasLater;
    const surplus = turns.length - MOST;
    if (surplus <= 0 || !side) return;
    if (side === "beginning") (turns = turns.slice(surplus)), (earlier = true);
    else if (!turns.slice(MOST).some(({ status }) => isOpen(status))) (turns = turns.slice(0, MOST)), (later = true);
  }

  function clear() {
    turns = [];
    earlier = later = false;
  }

  return { read, clear, has: (message) => turns.some(({ id }) => id === message), now: () => ({ turns, earlier, later }) };
}
