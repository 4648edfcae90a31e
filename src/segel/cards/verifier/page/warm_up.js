/**
 * Makes everything ready for the first card: browsers compile what they run when they run it first.
 *
 * The code of a card of nobody is read and judged as a card would be; nothing is shown or counted.
 */
import { verdictOf } from "./verdict.js";

const SIZE = { width: 640, height: 480 };
const SIDE = 400;
const ASKEW = 0.08; // in radians: a hand does not hold it straight
const TIMES = 3;

/** The verdict of the card of nobody, whose `text` and `rows` of a code are given. */
export async function warmUp({ text, rows }, reader, lists, ruleSetId, facts) {
  let found;
  for (let time = 0; time < TIMES; time++) {
    const { codes } = await reader.read(pictureOf(rows), true);
    const said = codes[0]?.text ?? text;
    found = await verdictOf([said], lists, ruleSetId, facts, Date.now() / 1000);
  }
  return found;
}

/** The code as a camera sees it: grey around it, askew, its edges soft. */
function pictureOf(rows) {
  const code = Object.assign(document.createElement("canvas"), {
    width: rows.length,
    height: rows.length,
  });
  const modules = code.getContext("2d");
  rows.forEach((row, y) => [...row].forEach((one, x) => one === "1" && modules.fillRect(x, y, 1, 1)));
  const canvas = Object.assign(document.createElement("canvas"), SIZE);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#777";
  context.fillRect(0, 0, SIZE.width, SIZE.height);
  context.translate(SIZE.width / 2, SIZE.height / 2);
  context.rotate(ASKEW);
  context.fillStyle = "#eee";
  context.fillRect(-SIDE / 2, -SIDE / 2, SIDE, SIDE);
  const inner = SIDE * 0.88;
  context.drawImage(code, -inner / 2, -inner / 2, inner, inner);
  return context.getImageData(0, 0, SIZE.width, SIZE.height);
}
