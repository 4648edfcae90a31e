/** The content of an EU Digital COVID Certificate, schema 1.x: the twin of `segel.cards.dcc`. */
import { CborMap, Float } from "./cbor.js";
import { lengthOf } from "./python_text.js";
import { Refused } from "./refused.js";

const TEXT_MAX = 80;
const VERSION = /^\d+\.\d+\.\d+$/;
const BIRTH = /^((?:19|20)\d\d(?:-\d\d){0,2})?$/;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d))?(?:[.,](\d+))?[ \t\n\r\f\v]?([Zz]|([+-])(\d\d)(?::?(\d\d))?)?$/;
const LIKE_SCHEMA_1_3 = "1.3.";
const RAPID = "LP217198-3";
const DETECTED = "260373001";

const matching = (pattern) => (value) => isText(value) && pattern.test(value);
const orNull = (check) => (value) => value === undefined || value === null || check(value);
const isText = (value) => typeof value === "string" && lengthOf(value) <= TEXT_MAX;
const isString = (value) => typeof value === "string";
const isCount = (value) => ["number", "bigint"].includes(typeof value) && value >= 1;
const isCountry = (value) => isString(value) && /[A-Z]{1,10}/.test(value);
const isIcao = orNull(matching(/^[A-Z<]*\n?$/));

const NAME = { fn: orNull(isText), fnt: isIcao, gn: orNull(isText), gnt: isIcao };
const TEST = {
  tg: isString, tt: isString, sc: isString, tr: isString, co: isCountry, is: isText, ci: isText,
  nm: orNull(isText), ma: orNull(isString), tc: orNull(isText),
};
const VACCINATION = {
  tg: isString, vp: isString, mp: isString, ma: isString, dn: isCount, sd: isCount, dt: isString,
  co: isCountry, is: isText, ci: isText,
};
const RECOVERY = {
  tg: isString, fr: isString, co: isCountry, is: isText, df: isString, du: isString, ci: isText,
};

/** Checked content and remarks. `valueSets` is what `facts.json` has of them. */
export function contentOf(certificate, valueSets) {
  const read = structOf(certificate, "", { ver: isString, dob: isString });
  const name = structOf(read.nam, "nam", NAME);
  const groups = [
    ["vaccination", read.v, VACCINATION, "v"],
    ["test", read.t, TEST, "t"],
    ["recovery", read.r, RECOVERY, "r"],
  ]
    .filter(([, group]) => group !== undefined && group !== null)
    .map(([kind, group, shape, place]) => [kind, entriesOf(group, place, shape)]);
  if (!VERSION.test(read.ver) || !read.ver.startsWith("1.")) {
    throw new Refused("schema-version", "ver");
  }
  const holder = holderOf(read, name);
  const content = { kind: undefined, holder, ...onlyEntry(groups) };
  const { refused, told } = unlisted(content, valueSets);
  if (refused.length) throw new Refused("value-unknown", refused.join(", "));
  const remarks = [];
  if (told) remarks.push("value-unlisted");
  if (!read.ver.startsWith(LIKE_SCHEMA_1_3)) remarks.push("schema-old");
  if (content.kind === "test" && content.entry.tr === DETECTED) remarks.push("result-detected");
  return [content, remarks];
}

/** A map as an object of the fields that we know, each as its shape demands. */
function structOf(map, place, shape) {
  if (!(map instanceof CborMap)) throw new Refused("schema", place);
  const made = {};
  for (const [key, value] of map) {
    if (typeof key !== "string") throw new Refused("schema", place);
    Object.defineProperty(made, key, { value, enumerable: true });
  }
  for (const [field, holds] of Object.entries(shape)) {
    if (!holds(made[field])) throw new Refused("schema", place ? `${place}.${field}` : field);
  }
  return made;
}

function entriesOf(group, place, shape) {
  if (!Array.isArray(group)) throw new Refused("schema", place);
  return group.map((entry, number) => structOf(entry, `${place}[${number}]`, shape));
}

function holderOf(read, { fn, gn, fnt, gnt }) {
  if ((fnt ?? null) === null && (gnt ?? null) === null) throw new Refused("schema", "nam");
  let birth = read.dob;
  if (!read.ver.startsWith(LIKE_SCHEMA_1_3)) [birth] = birth.split("T"); // the pattern had no end
  if (!BIRTH.test(birth)) throw new Refused("schema-date", "dob");
  return { family: fn ?? "", given: gn ?? "", familyIcao: fnt ?? "", givenIcao: gnt ?? "", birth };
}

function onlyEntry(groups) {
  if (!groups.length || !groups[0][1].length) throw new Refused("no-entry");
  const [[kind, [entry, another]]] = groups;
  if (groups.length > 1 || another) throw new Refused("several-entries");
  if (kind === "test") demandTime(entry.sc, "t.sc");
  else if (kind === "vaccination") demandDay(entry.dt, "v.dt");
  else for (const field of ["fr", "df", "du"]) demandDay(entry[field], `r.${field}`);
  return { kind, entry, country: entry.co, identifier: entry.ci };
}

/** A day, or the day of a time. */
function demandDay(text, place) {
  const characters = [...text];
  const [separator, ...rest] = characters.slice(10);
  if (separator && !("Tt ".includes(separator) && rest.length)) {
    throw new Refused("schema-date", place);
  }
  if (!isDay(characters.slice(0, 10).join(""))) throw new Refused("schema-date", place);
}

function isDay(text) {
  const match = DAY.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

function demandTime(text, place) {
  const match = TIME.exec(text);
  if (!match) throw new Refused("schema-date", place);
  const [, day, hour, minute, second, , , , offsetHour, offsetMinute] = match;
  const offsetMinutes = Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0);
  const holds =
    isDay(day) && hour < 24 && minute < 60 && Number(second ?? 0) < 60 && offsetMinutes < 24 * 60;
  if (!holds) throw new Refused("schema-date", place);
}

function unlisted({ kind, entry, country }, sets) {
  const refused = [];
  let told = false;
  if (!sets.diseases.includes(entry.tg)) refused.push("tg");
  if (lengthOf(country) <= 2 && !sets.countries.includes(country)) refused.push("co");
  if (kind === "vaccination") {
    told = !sets.vaccines.includes(entry.vp) || !sets.products.includes(entry.mp);
    if (!sets.manufacturers.includes(entry.ma)) {
      if (isNoOrganisation(entry.ma, sets)) refused.push("ma");
      else told = true;
    }
  } else if (kind === "test") {
    if (!sets.results.includes(entry.tr)) refused.push("tr");
    if (!sets.testTypes.includes(entry.tt)) {
      if (/^LP\d+-\d$/.test(entry.tt)) refused.push("tt");
      else told = true;
    }
    const device = entry.ma ?? "";
    if (entry.tt === RAPID && !/^\d+$/.test(device)) told = true;
    else if (entry.tt === RAPID && !isDevice(device, sets)) refused.push("ma");
  }
  return { refused, told };
}

const isDevice = (number, sets) =>
  number.length <= sets.numberDigitsMax && number > 0 && number <= sets.deviceNumberMax;

function isNoOrganisation(text, sets) {
  const digits = /^ORG-(\d+)$/.exec(text)?.[1];
  if (digits === undefined) return false;
  return digits.length > sets.numberDigitsMax || Number(digits) < sets.organisationNumberMin;
}

/** What CertLogic reads: plain objects, numbers and texts. */
export function plain(item) {
  if (item instanceof Float) return item.value;
  if (typeof item === "bigint") return Number(item);
  if (Array.isArray(item)) return item.map(plain);
  if (!(item instanceof CborMap)) return item;
  const made = {};
  for (const [key, value] of item) {
    Object.defineProperty(made, String(key), { value: plain(value), enumerable: true });
  }
  return made;
}
