// Opens a SMART Health Link of this archive. The link stands after the #, which no server sees, and
// leaves the address bar at once. What comes back is decrypted here, with the key in the link; it is
// written into the page as text, never as markup.

const page = document.getElementById("open-link");
const text = decodeURIComponent(location.hash.slice(1));
history.replaceState(null, "", location.pathname);

const MANIFEST_BYTES_MAX = 32 * 1024 * 1024;

const show = (state) => {
  for (const part of page.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  page.querySelector(`[data-state="${state}"] h2`)?.focus();
};

const bytesOf = (encoded) => {
  const padded = encoded.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
};

function parsed() {
  const found = text.indexOf("shlink:/");
  if (found < 0) return null;
  const payload = JSON.parse(new TextDecoder().decode(bytesOf(text.slice(found + 8))));
  const key = bytesOf(payload.key);
  if (key.length !== 32 || typeof payload.url !== "string") throw new Error("broken");
  return { ...payload, key, address: new URL(payload.url) };
}

// Compact JWE, alg dir, enc A256GCM (RFC 7516 § 7.1).
async function decrypted(jwe, key) {
  const [header, wrapped, iv, ciphertext, tag] = jwe.split(".");
  const said = JSON.parse(new TextDecoder().decode(bytesOf(header)));
  if (said.alg !== "dir" || said.enc !== "A256GCM" || wrapped || said.zip) throw new Error("broken");
  const sealed = new Uint8Array([...bytesOf(ciphertext), ...bytesOf(tag)]);
  const usable = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  const how = { name: "AES-GCM", iv: bytesOf(iv), additionalData: new TextEncoder().encode(header) };
  return { type: said.cty ?? "", content: await crypto.subtle.decrypt(how, usable, sealed) };
}

const element = (name, words, kind) => {
  const made = document.createElement(name);
  if (words) made.textContent = words;
  if (kind) made.className = kind;
  return made;
};

const worded = (concept) => concept?.text ?? concept?.coding?.find((one) => one.display)?.display ?? "";

function lineOf(resource) {
  const day = (resource.effectiveDateTime ?? resource.occurrenceDateTime ?? resource.issued ?? "").slice(0, 10);
  const quantity = resource.valueQuantity;
  const value = quantity ? `${quantity.value ?? ""} ${quantity.unit ?? ""}` : worded(resource.valueCodeableConcept);
  return [day, worded(resource.code ?? resource.vaccineCode), value, resource.valueString, resource.conclusion]
    .filter(Boolean).join(" · ");
}

function summaryOf(content) {
  const bundle = JSON.parse(new TextDecoder().decode(content));
  const resources = (bundle.entry ?? []).map((one) => one.resource);
  const known = new Map(resources.map((one) => [`${one.resourceType}/${one.id}`, one]));
  const patient = resources.find((one) => one.resourceType === "Patient") ?? {};
  const composition = resources.find((one) => one.resourceType === "Composition") ?? {};
  const shown = element("article", "", "card linked-summary");
  const name = patient.name?.[0];
  shown.append(element("h2", name?.text ?? [...(name?.given ?? []), name?.family].filter(Boolean).join(" ")));
  shown.append(element("p", [patient.birthDate && `${page.dataset.born} ${patient.birthDate}`,
    composition.author?.[0]?.display, composition.date?.slice(0, 10)].filter(Boolean).join(" · "), "sub"));
  for (const section of composition.section ?? []) {
    shown.append(element("h3", section.title));
    const lines = (section.entry ?? []).map((one) => known.get(one.reference)).filter(Boolean);
    if (!lines.length) shown.append(element("p", page.dataset.none, "hint"));
    const list = element("ul");
    for (const one of lines) list.append(element("li", lineOf(one)));
    if (lines.length) shown.append(list);
  }
  return shown;
}

function fileOf({ type, content }) {
  const kind = type.split(";")[0].trim();
  const box = element("section", "", "card take");
  const isPdf = kind === "application/pdf";
  const isSummary = kind === "application/fhir+json";
  box.append(element("h2", isPdf ? page.dataset.pdf : isSummary ? page.dataset.summary : page.dataset.other));
  // Of what somebody else made, only a PDF is opened by the browser, and in a page of its own.
  const address = URL.createObjectURL(new Blob([content], { type: isPdf ? kind : "application/octet-stream" }));
  const save = element("a", page.dataset.save, "secondary wide");
  save.href = address;
  save.download = isPdf ? "laporan.pdf" : isSummary ? "ringkasan-fhir.json" : "berkas.bin";
  if (isPdf) {
    const look = element("a", page.dataset.look, "primary wide");
    Object.assign(look, { href: address, target: "_blank", rel: "noopener" });
    box.append(look);
  }
  box.append(save);
  return isSummary ? [summaryOf(content), box] : [box];
}

async function fetched(file) {
  if (file.embedded) return file.embedded;
  const address = new URL(file.location);
  if (address.origin !== location.origin) throw new Error("elsewhere");
  return (await fetch(address, { credentials: "omit" })).text();
}

function say(word, left) {
  const said = page.querySelector("[data-said]");
  const words = page.querySelector(`[data-words="${word}"]`).textContent;
  said.textContent = left === undefined ? words : `${words} ${page.dataset.left.replace("{count}", left)}`;
  said.hidden = false;
}

async function open(link, form) {
  const asked = {
    recipient: form.elements.recipient.value,
    passcode: form.elements.passcode.value.trim(),
    embeddedLengthMax: MANIFEST_BYTES_MAX,
  };
  const answer = await fetch(link.address, {
    method: "POST", credentials: "omit", body: JSON.stringify(asked), headers: { "Content-Type": "application/json" },
  });
  if (answer.status === 404) return show("over");
  if (answer.status === 401) {
    const { remainingAttempts } = await answer.json();
    return remainingAttempts ? say("wrong", remainingAttempts) : show("over");
  }
  if (answer.status === 429) return say("busy");
  if (!answer.ok) return say("trouble");
  const { files } = await answer.json();
  try {
    const opened = await Promise.all(files.map(async (one) => decrypted(await fetched(one), link.key)));
    page.querySelector("[data-files]").replaceChildren(...opened.flatMap(fileOf));
    show("opened");
  } catch {
    show("broken");
  }
}

function begin() {
  let link;
  try {
    link = parsed();
  } catch {
    return show("broken");
  }
  if (!link) return show("none");
  if (link.address.origin !== location.origin) return show("elsewhere");
  for (const place of page.querySelectorAll("[data-label]")) place.textContent = link.label ?? "";
  page.querySelector("[data-passcode]").hidden = !(link.flag ?? "").includes("P");
  const form = page.querySelector("form[class~=take]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    page.querySelector("[data-said]").hidden = true;
    try {
      await open(link, form);
    } catch {
      say("trouble");
    } finally {
      button.disabled = false;
    }
  });
  show("asking");
  form.elements.recipient.focus();
}

begin();
