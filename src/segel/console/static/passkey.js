// WebAuthn in the browser: fetch options, let the authenticator sign, send the result.

const fromBase64 = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toBase64 = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

export async function post(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.status === 204 ? null : answer.json();
}

export function readable(options) {
  const withBytes = (one) => ({ ...one, id: fromBase64(one.id) });
  const ready = { ...options, challenge: fromBase64(options.challenge) };
  if (options.user) ready.user = withBytes(options.user);
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) ready[list] = options[list].map(withBytes);
  }
  return ready;
}

export function sendable(credential) {
  const signed = credential.response;
  const response = { clientDataJSON: toBase64(signed.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (signed[part]) response[part] = toBase64(signed[part]);
  }
  if (signed.getTransports) response.transports = signed.getTransports();
  return {
    id: credential.id,
    rawId: toBase64(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

const DONE = "segel-passkey-done";

function sayWhatWasDone(form) {
  if (sessionStorage.getItem(DONE) !== form.dataset.finish) return;
  sessionStorage.removeItem(DONE);
  form.querySelector(".passkey-state").textContent = form.dataset.success;
}

async function run(form) {
  const say = (text) => (form.querySelector(".passkey-state").textContent = text ?? "");
  const button = form.querySelector("button");
  button.disabled = true;
  say(form.dataset.waiting);
  try {
    const { options, handle } = await post(form.dataset.begin);
    const verb = form.dataset.passkey; // "create" or "get"
    const credential = await navigator.credentials[verb]({ publicKey: readable(options) });
    const name = form.elements.name?.value ?? "";
    await post(form.dataset.finish, { handle, credential: sendable(credential), name });
    if (form.dataset.done) return location.assign(form.dataset.done);
    if (form.hasAttribute("data-reload")) {
      sessionStorage.setItem(DONE, form.dataset.finish); // said on the page that comes, which lists it
      return location.reload();
    }
    say(form.dataset.success);
  } catch (failure) {
    const { cancelled, already, failed } = form.dataset;
    // InvalidStateError: the authenticator holds one of the credentials that were excluded.
    say({ NotAllowedError: cancelled, AbortError: cancelled, InvalidStateError: already }[failure.name] ?? failed);
  } finally {
    button.disabled = false;
  }
}

export const usable = globalThis.PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname); // none for bare IP addresses

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!usable) {
    form.querySelector("button").disabled = true;
    form.querySelector(".passkey-state").textContent = form.dataset.unsupported;
  }
  if (form.hasAttribute("data-reload")) sayWhatWasDone(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (usable) run(form);
  });
}
