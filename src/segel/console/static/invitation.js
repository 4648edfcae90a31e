// The page behind an invitation: its secret stands after the #, which no server sees. It leaves the
// address bar at once, so that neither history nor a photograph of the screen keeps it.

import { post, readable, sendable, usable } from "./passkey.js";

const page = document.getElementById("invitation");
const secret = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const show = (state) => {
  for (const part of page.querySelectorAll("[data-state]")) part.hidden = part.dataset.state !== state;
  page.querySelector(`[data-state="${state}"] h1`)?.focus();
};

async function look() {
  if (!secret) return show("unknown");
  try {
    const invited = await post("/invitation/look", { secret });
    if (invited.state === "open") {
      page.querySelector("[data-name]").textContent = invited.name;
      page.querySelector("[data-named]").hidden = !invited.name; // a patient's account has none
      page.querySelector("[data-role]").textContent = page.querySelector(`[data-role-name="${invited.role}"]`)?.textContent ?? "";
      page.querySelector("[data-hospital]").textContent = invited.hospital;
    }
    show(invited.state);
  } catch {
    show("trouble");
  }
}

const form = page.querySelector("form");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const state = form.querySelector(".passkey-state");
  const button = form.querySelector("button");
  button.disabled = true;
  state.textContent = form.dataset.waiting;
  try {
    const { options, handle } = await post("/invitation/begin", { secret });
    const credential = await navigator.credentials.create({ publicKey: readable(options) });
    const name = form.elements.name.value;
    await post("/invitation/finish", { secret, handle, credential: sendable(credential), name });
    location.assign("/");
  } catch (failure) {
    const cancelled = ["NotAllowedError", "AbortError"].includes(failure.name);
    state.textContent = cancelled ? form.dataset.cancelled : form.dataset.failed;
    if (!cancelled) look(); // it may have run out or been used meanwhile
  } finally {
    button.disabled = false;
  }
});
if (!usable) {
  form.querySelector("button").disabled = true;
  form.querySelector(".passkey-state").textContent = form.dataset.unsupported;
}
look();
