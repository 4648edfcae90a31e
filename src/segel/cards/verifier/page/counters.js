/** How many of each result, by day. Nothing else of a card outlives its result. */

const NAME = "segel-verifier-counts";
const DAYS_KEPT = 31;
export const RESULTS = ["fit", "not", "cannot"];

/** The day of this device, such as 2026-11-28. */
export const dayOf = (date) =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");

export function counts(day) {
  const counted = read()[day] ?? {};
  return Object.fromEntries(RESULTS.map((result) => [result, counted[result] ?? 0]));
}

export function count(result, day) {
  const all = read();
  all[day] = { ...counts(day), [result]: counts(day)[result] + 1 };
  const days = Object.keys(all).sort().slice(-DAYS_KEPT);
  write(Object.fromEntries(days.map((one) => [one, all[one]])));
}

function read() {
  try {
    const all = JSON.parse(localStorage.getItem(NAME));
    return typeof all === "object" && all !== null ? all : {};
  } catch {
    return {};
  }
}

function write(all) {
  try {
    localStorage.setItem(NAME, JSON.stringify(all));
  } catch {
    // The browser keeps nothing: then nothing is counted.
  }
}
