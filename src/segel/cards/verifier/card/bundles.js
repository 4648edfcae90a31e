/** The content of a SMART Health Card: the twin of `segel.cards.bundles`. */
import { isObject } from "./json.js";
import { Refused } from "./refused.js";

const HEALTH_CARD = "https://smarthealth.cards#health-card";
const TYPE_OF_RESOURCE = {
  Immunization: "https://smarthealth.cards#immunization",
  Observation: "https://smarthealth.cards#laboratory",
};
const RECORDS = {
  Immunization: ["completed entered-in-error not-done", "occurrence"],
  Observation: [
    "registered preliminary final amended corrected cancelled entered-in-error unknown",
    "effective",
  ],
};
const MOMENT = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/;
const SECONDS_MAX = 100_000_000_000;
const RID = /^[A-Za-z0-9_-]{1,24}$/;

export function contentOf(payload) {
  const issuer = payload.iss;
  const startsAt = secondsOf(payload, "nbf");
  const expiresAt = secondsOf(payload, "exp");
  if (typeof issuer !== "string") throw new Refused("claim-type", "iss");
  if (startsAt === null) throw new Refused("start-missing", "nbf");
  const { vc } = payload;
  if (!isObject(vc)) throw new Refused("vc-missing");
  const types = vc.type;
  if (!Array.isArray(types) || !types.every((one) => typeof one === "string")) {
    throw new Refused("vc-type-missing");
  }
  if (!types.includes(HEALTH_CARD)) throw new Refused("vc-type-missing");
  const rid = vc.rid ?? null;
  if (rid !== null && !(typeof rid === "string" && RID.test(rid))) throw new Refused("rid-form");
  const subject = vc.credentialSubject;
  if (!isObject(subject)) throw new Refused("vc-missing", "credentialSubject");
  const { fhirVersion, fhirBundle: bundle } = subject;
  if (typeof fhirVersion !== "string" || !/^\d+\.\d+\.\d+$/.test(fhirVersion)) {
    throw new Refused("vc-missing", "fhirVersion");
  }
  if (!isObject(bundle)) throw new Refused("vc-missing", "fhirBundle");
  const remarks = checkBundle(bundle);
  const resources = bundle.entry.map((entry) => entry.resource);
  if (resources.some((one) => !types.includes(typeOf(one.resourceType)))) {
    remarks.push("types-incomplete");
  }
  const holder = holderOf(resources);
  return [{ kind: "bundle", issuer, startsAt, expiresAt, rid, holder, bundle }, remarks];
}

const typeOf = (name) => (Object.hasOwn(TYPE_OF_RESOURCE, name) ? TYPE_OF_RESOURCE[name] : HEALTH_CARD);

/** A NumericDate (RFC 7519 § 2). */
function secondsOf(payload, claim) {
  const value = payload[claim] ?? null;
  if (value === null) return null;
  if (typeof value !== "number") throw new Refused("claim-type", claim);
  if (Math.abs(value) >= SECONDS_MAX) throw new Refused("time-milliseconds", claim);
  return value;
}

function checkBundle(bundle) {
  const entries = bundle.entry;
  if (bundle.resourceType !== "Bundle" || bundle.type !== "collection") {
    throw new Refused("bundle-shape", "fhirBundle");
  }
  if (!Array.isArray(entries) || !entries.length) throw new Refused("bundle-shape", "entry");
  const urls = new Set();
  entries.forEach((entry, number) => checkEntry(entry, `entry[${number}]`, urls));
  if ("meta" in bundle) throw new Refused("bundle-meta", "fhirBundle");
  let prose = "id" in bundle;
  for (const [place, key, value] of everything(bundle, "")) {
    if (isEmpty(value)) throw new Refused("bundle-empty-value", place);
    if (key === "reference" && !urls.has(value)) throw new Refused("bundle-reference", place);
    if (["text", "display"].includes(key) && !place.includes("performer")) prose = true;
  }
  prose ||= entries.some((entry) => "id" in entry.resource);
  return prose ? ["bundle-prose"] : [];
}

function checkEntry(entry, place, urls) {
  if (!isObject(entry) || !isObject(entry.resource)) throw new Refused("bundle-shape", place);
  const { resource, fullUrl } = entry;
  if (typeof resource.resourceType !== "string") {
    throw new Refused("bundle-shape", `${place}.resource`);
  }
  if (typeof fullUrl !== "string" || !/^resource:\d+$/.test(fullUrl) || urls.has(fullUrl)) {
    throw new Refused("bundle-reference", `${place}.fullUrl`);
  }
  urls.add(fullUrl);
  checkMeta(resource, `${place}.resource`);
  checkRecord(resource, `${place}.resource`);
}

/** Only security labels with a code may stand there (Health Cards are Compact). */
function checkMeta({ meta }, place) {
  if (meta === undefined || meta === null) return;
  const alone = isObject(meta) && Object.keys(meta).join() === "security";
  const labels = alone ? meta.security : null;
  const hold =
    Array.isArray(labels) && labels.every((one) => isObject(one) && typeof one.code === "string");
  if (!hold) throw new Refused("bundle-meta", `${place}.meta`);
}

/** What FHIR R4 demands of the two records that cards are made of. */
function checkRecord(resource, place) {
  if (!Object.hasOwn(RECORDS, resource.resourceType)) return;
  const [statuses, times] = RECORDS[resource.resourceType];
  if (!statuses.split(" ").includes(resource.status)) {
    throw new Refused("bundle-record", `${place}.status`);
  }
  const said = Object.keys(resource).filter((name) => isChoice(name, times));
  if (said.length > 1) throw new Refused("bundle-record", `${place}.${times}[x]`);
  if (said.length && said[0].endsWith("DateTime")) {
    const moment = resource[said[0]];
    if (typeof moment !== "string" || !MOMENT.test(moment)) {
      throw new Refused("bundle-record", `${place}.${said[0]}`);
    }
  } else if (!said.length && resource.resourceType === "Immunization") {
    throw new Refused("bundle-record", `${place}.${times}[x]`);
  }
}

const isChoice = (name, element) =>
  name.startsWith(element) && /^\p{Lu}/u.test(name.slice(element.length));

function* everything(item, place) {
  if (Array.isArray(item)) {
    for (const [number, value] of item.entries()) yield* everything(value, `${place}[${number}]`);
  } else if (isObject(item)) {
    for (const [key, value] of Object.entries(item)) {
      const name = /^[A-Za-z_]{1,40}$/.test(key) ? key : "…";
      const path = place ? `${place}.${name}` : name;
      yield [path, key, value];
      yield* everything(value, path);
    }
  }
}

function isEmpty(value) {
  if (value === "" || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function holderOf(resources) {
  const patients = resources.filter((one) => one.resourceType === "Patient");
  if (patients.length !== 1) return null;
  const { name: names, birthDate } = patients[0];
  const name = Array.isArray(names) && isObject(names[0]) ? names[0] : {};
  const given = Array.isArray(name.given) ? name.given : [];
  return {
    family: typeof name.family === "string" ? name.family : "",
    given: given.filter((one) => typeof one === "string").join(" "),
    familyIcao: "",
    givenIcao: "",
    birth: typeof birthDate === "string" ? birthDate : "",
  };
}
