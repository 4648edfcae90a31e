/** JSON from strangers: the twin of `segel.cards.json_reading`. Objects have no prototype. */
import { textOf } from "./bytes.js";
import { SPACE } from "./python_text.js";
import { Refused } from "./refused.js";

const DEPTH_MAX = 32;
const STRINGS = /"[^"\\]*(?:\\[^][^"\\]*)*"/g;
const LONG_NUMBER = /\d{64,}/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
/** Half of a surrogate pair, as an escape may say: nothing that UTF-8 can carry. */
const HALF = /\p{Surrogate}/u;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const BLANK = /[ \t\n\r]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The object that the bytes are; `minified`: without any optional space. */
export function readObject(bytes, { minified = false, depthMax = DEPTH_MAX } = {}) {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new Refused("payload-bom");
  let text;
  try {
    text = textOf(bytes);
  } catch {
    throw new Refused("payload-not-json");
  }
  const outside = text.replaceAll(STRINGS, "");
  if (depthOf(outside) > depthMax) throw new Refused("payload-too-deep");
  if (LONG_NUMBER.test(outside)) throw new Refused("payload-not-json");
  const found = new Parser(text).whole();
  if (!isObject(found)) throw new Refused("payload-not-json");
  if (minified && SPACE.test(outside)) throw new Refused("payload-not-minified");
  return found;
}

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function depthOf(outsideStrings) {
  let deepest = 0;
  let now = 0;
  for (const character of outsideStrings) {
    if (character === "{" || character === "[") deepest = Math.max(deepest, ++now);
    else if (character === "}" || character === "]") now--;
  }
  return deepest;
}

class Parser {
  constructor(text) {
    this.text = text;
    this.at = 0;
    this.half = false;
  }

  whole() {
    this.skip(BLANK);
    const value = this.value();
    this.skip(BLANK);
    if (this.at !== this.text.length || this.half) this.fail();
    return value;
  }

  fail() {
    throw new Refused("payload-not-json");
  }

  skip(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) this.fail();
    this.at = pattern.lastIndex;
    return found[0];
  }

  demand(character) {
    if (this.text[this.at] !== character) this.fail();
    this.at++;
  }

  value() {
    switch (this.text[this.at]) {
      case "{":
        return this.object();
      case "[":
        return this.array();
      case '"':
        return this.string();
    }
    for (const [word, value] of [["null", null], ["true", true], ["false", false]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return Number(this.skip(NUMBER));
  }

  object() {
    const made = Object.create(null);
    let twice = false;
    this.demand("{");
    this.skip(BLANK);
    if (this.text[this.at] === "}") {
      this.at++;
      return made;
    }
    for (;;) {
      const key = this.string();
      this.skip(BLANK);
      this.demand(":");
      this.skip(BLANK);
      const value = this.value();
      twice ||= key in made;
      made[key] = value;
      this.skip(BLANK);
      if (this.text[this.at] === "}") break;
      this.demand(",");
      this.skip(BLANK);
    }
    this.at++;
    if (twice) throw new Refused("payload-duplicate-key");
    return made;
  }

  array() {
    const items = [];
    this.demand("[");
    this.skip(BLANK);
    if (this.text[this.at] === "]") {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value());
      this.skip(BLANK);
      if (this.text[this.at] === "]") break;
      this.demand(",");
      this.skip(BLANK);
    }
    this.at++;
    return items;
  }

  string() {
    this.demand('"');
    let said = "";
    for (;;) {
      said += this.skip(PLAIN);
      const character = this.text[this.at++];
      if (character === '"') {
        this.half ||= HALF.test(said);
        return said;
      }
      if (character !== "\\") this.fail();
      const escape = this.text[this.at++];
      if (escape === "u") {
        const digits = this.text.slice(this.at, this.at + 4);
        if (!/^[0-9A-Fa-f]{4}$/.test(digits)) this.fail();
        said += String.fromCharCode(parseInt(digits, 16));
        this.at += 4;
      } else if (escape in ESCAPES && Object.hasOwn(ESCAPES, escape)) said += ESCAPES[escape];
      else this.fail();
    }
  }
}
