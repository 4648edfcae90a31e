/** What Python calls space, and how long it says that a text is: the same here, for the same answers. */

const CHARACTERS = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
export const NOT_SPACE = `[^${CHARACTERS}]`;
export const SPACE = new RegExp(`[${CHARACTERS}]`);

/** Without space around; in one pass, however much of it there is. */
export function strip(text) {
  let from = 0;
  let to = text.length;
  while (from < to && SPACE.test(text[from])) from++;
  while (to > from && SPACE.test(text[to - 1])) to--;
  return text.slice(from, to);
}

/** In characters, not in UTF-16's halves. */
export function lengthOf(text) {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
