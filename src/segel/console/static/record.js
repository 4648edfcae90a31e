// Checks, in the reader's own browser, every line of "who opened my record", and says so.
// The formats are public: RFC 6962 hashes and proofs, C2SP signed notes, checkpoints, cosignatures.
// Nothing is asked of a server: the page works saved, with the network off.

const FORMAT = "segel-audit-record/1";
const ED25519 = 1;
const COSIGNATURE = 4;
const PROOF_HASHES_MAX = 63; // the height of the largest tree
const encoder = new TextEncoder();

const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};
const same = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));

function require(holds, why) {
  if (!holds) throw new Error(why);
}

function fromBase64(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  require(btoa(String.fromCharCode(...bytes)) === text, "base64");
  return bytes;
}

async function hmac(key, ...parts) {
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, join(...parts)));
}

// --- the tree (RFC 6962 § 2.1, RFC 9162 § 2.1.3.2) -------------------------------------------

const leafHash = (entry) => sha256([0], entry);
const nodeHash = (left, right) => sha256([1], left, right);

async function rootFrom(leaf, size, hash, proof) {
  require(Number.isSafeInteger(leaf) && leaf >= 0 && leaf < size && proof.length <= PROOF_HASHES_MAX, "place");
  let [node, last, found] = [leaf, size - 1, hash];
  const half = (number) => Math.floor(number / 2);
  for (const sibling of proof) {
    require(last > 0 && sibling.length === 32, "proof");
    if (node % 2 || node === last) {
      found = await nodeHash(sibling, found);
      while (node && node % 2 === 0) [node, last] = [half(node), half(last)];
    } else {
      found = await nodeHash(found, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  require(last === 0, "proof");
  return found;
}

// --- signatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature) --------------------------

async function parseKey(vkey, type) {
  const [name, id, ...rest] = vkey.split("+");
  const value = fromBase64(rest.join("+"));
  require(value.length === 33 && value[0] === type && name, "key");
  const named = await sha256(encoder.encode(`${name}\n`), value);
  require(hex(named.slice(0, 4)) === id, "key id");
  const key = await crypto.subtle.importKey("raw", value.slice(1), "Ed25519", false, ["verify"]);
  return { name, id: named.slice(0, 4), bytes: value.slice(1), type, key };
}

// The text of a note, and which of these keys signed it. A bad signature of one of them condemns it.
async function openNote(note, keys) {
  const end = note.lastIndexOf("\n\n");
  require(end > 0 && note.endsWith("\n"), "note");
  const text = note.slice(0, end + 1);
  const signers = new Set();
  for (const line of note.slice(end + 2, -1).split("\n")) {
    const [dash, name, encoded] = line.split(" ");
    require(dash === "—", "note");
    const value = fromBase64(encoded);
    const owner = keys.find((key) => key.name === name && same(key.id, value.slice(0, 4)));
    if (!owner) continue;
    let [signed, signature] = [text, value.slice(4)];
    if (owner.type === COSIGNATURE) {
      const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
      [signed, signature] = [`cosignature/v1\ntime ${time}\n${text}`, signature.slice(8)];
    }
    require(await crypto.subtle.verify("Ed25519", owner.key, signature, encoder.encode(signed)), "signature");
    signers.add(owner);
  }
  return { text, signers };
}

async function openCheckpoint(record, log, witnesses) {
  const { text, signers } = await openNote(record.checkpoint, [log, ...witnesses]);
  require(signers.has(log), "signature");
  const cosigners = new Set([...signers].filter((key) => key.type === COSIGNATURE).map((key) => hex(key.bytes)));
  cosigners.delete(hex(log.bytes));
  require(cosigners.size >= record.quorum, "witnesses");
  const [origin, size, root] = text.split("\n");
  require(origin === log.name && /^(0|[1-9][0-9]*)$/.test(size), "checkpoint");
  return { size: Number(size), root: fromBase64(root), cosigners: cosigners.size };
}

// --- a record ----------------------------------------------------------------------------------

// Who an entry is about, when it is this patient: named in it, or by a token that only they can open.
async function isAbout(event, line, patient) {
  const persons = (event.entity ?? []).map((entity) => entity.what?.identifier).filter(Boolean);
  if (persons.some((one) => one.value === `urn:uuid:${patient}`)) return true;
  if (!line.nonce) return false;
  const id = Uint8Array.from(patient.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));
  const token = hex(await hmac(fromBase64(line.nonce), encoder.encode("segel listed patient\0"), id));
  return persons.some((one) => one.system === "urn:segel:listed" && one.value === token);
}

async function checkLine(line, patient, checkpoint) {
  const committed = await hmac(fromBase64(line.salt), encoder.encode(`segel audit event\0${line.event}`));
  const root = await rootFrom(line.leaf, checkpoint.size, await leafHash(committed), line.proof.map(fromBase64));
  require(same(root, checkpoint.root), "root");
  const event = JSON.parse(line.event);
  require(await isAbout(event, line, patient), "about somebody else");
  return event;
}

// Throws where the log's key or signatures do not hold; a line that does not hold has no `event`.
export async function checkRecord({ body, note }) {
  const record = JSON.parse(body);
  require(record.format === FORMAT, "format");
  const log = await parseKey(record.log, ED25519);
  const witnesses = await Promise.all(record.witnesses.map((vkey) => parseKey(vkey, COSIGNATURE)));
  const checkpoint = await openCheckpoint(record, log, witnesses);
  const lines = [];
  for (const line of record.lines) {
    const event = await checkLine(line, record.patient, checkpoint).catch(() => null);
    lines.push({ leaf: line.leaf, name: line.name, hospital: line.hospital, event });
  }
  const digest = hex(await sha256(encoder.encode(body)));
  const signed = await openNote(note, [log]).catch(() => null);
  const isWhole = Boolean(signed?.signers.has(log)) && signed.text === `${FORMAT}\nsha256 ${digest}\n`;
  const fingerprint = hex(await sha256(log.bytes)).slice(0, 32).match(/.{4}/g).join(" ");
  return { lines, isWhole, fingerprint, ...checkpoint };
}

// --- the page ----------------------------------------------------------------------------------

const words = new Map([...document.querySelectorAll("data[data-word]")].map((one) => [one.dataset.word, one.value]));
const say = (key, values = {}) =>
  (words.get(`say.${key}`) ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name]);
const named = (kind, code) => words.get(`${kind}.${code}`) ?? words.get(`${kind}.other`) ?? code;

function conclude(state, key, values) {
  const summary = document.getElementById("record-summary");
  summary.dataset.state = state;
  summary.querySelector("strong").textContent = say(key, values);
  summary.querySelector("span").textContent = say(`${key}.help`, values);
}

function mark(entry, state) {
  entry.dataset.state = state;
  entry.querySelector(".mark-text").textContent = say(`line.${state}`);
  entry.querySelector(".mark-help").textContent = say(`line.${state}.help`);
}

// What was checked is what is shown: the cells are written anew from the entry itself.
function show(entry, { event, name, hospital }) {
  const { lang } = document.documentElement;
  const shape = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
  const coded = (list) => list?.flatMap((one) => one.coding ?? [one]) ?? [];
  const requestor = event.agent.find((agent) => agent.requestor) ?? event.agent[0];
  const kind = coded(event.subtype).find((one) => one.system === "urn:segel:event")?.code ?? event.type.code;
  const fill = (cell, text) => (entry.querySelector(`[data-cell=${cell}]`).textContent = text);
  fill("when", shape.format(new Date(event.recorded)));
  fill("what", named("kind", kind) + (event.outcome === "0" ? "" : ` (${say("refused")})`));
  fill("purpose", named("purpose", coded(event.purposeOfEvent)[0]?.code));
  fill("role", named("role", coded(requestor.role)[0]?.code));
  fill("name", name || "");
  fill("hospital", hospital || "");
  entry.querySelector("pre").textContent = JSON.stringify(event, null, 2);
}

async function run() {
  const entries = [...document.querySelectorAll(".entry")];
  let found;
  try {
    require(globalThis.crypto?.subtle, "no WebCrypto");
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  } catch {
    return conclude("unable", "unable");
  }
  try {
    found = await checkRecord(JSON.parse(document.getElementById("record-proofs").textContent));
  } catch {
    for (const entry of entries) mark(entry, "broken");
    return conclude("broken", "unsigned");
  }
  let held = 0;
  for (const entry of entries) {
    const line = found.lines.find((one) => String(one.leaf) === entry.dataset.leaf);
    if (line?.event) {
      show(entry, line);
      held += 1;
    }
    mark(entry, line?.event ? "held" : "broken");
  }
  const count = Math.max(entries.length, found.lines.length);
  document.getElementById("record-key").textContent = found.fingerprint;
  document.getElementById("record-witnesses").textContent = found.cosigners;
  document.getElementById("record-size").textContent = new Intl.NumberFormat(document.documentElement.lang).format(found.size);
  if (held < count) return conclude("broken", "broken", { broken: count - held, count });
  if (!found.isWhole) return conclude("broken", "altered", { count });
  return conclude("held", count ? "held" : "empty", { count });
}

if (document.getElementById("record-proofs")) await run();
