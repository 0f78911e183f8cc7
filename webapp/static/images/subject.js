// Whether a prompt still shows what was wished for: the words that name it stand in it, in whatever form. Knows nothing
// about what they mean.

const GLUE = new Set("a an the and or of in on at with to into from by for as is are some very please draw paint make show me picture image photo".split(" "));
// A word may have another end: fox and foxes, sleep and asleep, wolf and wolves.
const STEM = 4;
const CHINESE = /[\u3400-\u9fff]+/g;
// What is said of any picture is not what it shows.
const PLAIN = /[的了着在上里中下一个只张幅请画给我有是和与]/g;

const stem = (word) => word.slice(0, Math.max(3, Math.min(STEM, word.length - 1)));

export function keepsSubject(before, after) {
  const said = after.toLowerCase();
  // What comes after the first comma is how, not what.
  const subject = before.trim().toLowerCase().split(/[,.;:，。；：、]/)[0];
  const words = (subject.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !word.match(CHINESE) && !GLUE.has(word));
  const characters = [...new Set((subject.match(CHINESE) ?? []).join("").replace(PLAIN, ""))];
  // Another writing of the same is not looked at: a prompt may be put into English.
  const isElsewhere = characters.length > 0 && !said.match(CHINESE);
  const kept = characters.filter((one) => said.includes(one)).length;
  return words.every((word) => said.includes(stem(word))) && (isElsewhere || 2 * kept >= characters.length);
}
