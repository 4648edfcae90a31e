// The little that pages need: swap results in place, keys, times in the reader's own zone.
// Without this script every form and link still works, by loading whole pages.

const LIST_KEY = "segel-list"; // the last result list's address, so that a study leads back to it

async function swap(place, address, options = {}) {
  const target = document.querySelector(place);
  target.setAttribute("aria-busy", "true");
  document.getElementById("announce").textContent = target.dataset.busy;
  document.body.classList.add("is-busy");
  try {
    const answer = await fetch(address, {
      ...options,
      headers: { ...options.headers, Accept: "text/html", "X-Fragment": "results" },
    });
    const page = new URL(answer.url);
    if (page.pathname === "/sign-in" || answer.status === 401) return location.assign("/sign-in");
    const html = await answer.text();
    if (!html) return location.assign(page.href); // a refusal without words: let it say so in full
    target.innerHTML = html;
    document.getElementById("announce").textContent = target.querySelector(".count, .state h2")?.textContent ?? "";
    if (matchMedia("(pointer: coarse)").matches) document.activeElement.blur(); // the screen's keyboard covers results
    history.pushState(null, "", page.href);
    rememberList();
    showTimes(target);
  } catch {
    location.assign(address); // the network or the server is away: the browser says it best
  } finally {
    target.removeAttribute("aria-busy");
    document.body.classList.remove("is-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.swap) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form));
  swap(form.dataset.swap, form.getAttribute("action"), { method: "POST", body });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  swap(link.dataset.swap, link.href).then(() => scrollTo({ top: 0 }));
});

// A page that is short enough to be a dialog. Without one, the link leads to the page itself.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html", "X-Fragment": "dialog" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const dialog = document.createElement("dialog");
    dialog.className = "sheet";
    dialog.innerHTML = await answer.text();
    dialog.setAttribute("aria-labelledby", dialog.querySelector("h1, h2").id);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    showTimes(dialog);
    dialog.showModal();
  } catch {
    location.assign(link.href);
  }
});

document.addEventListener("click", (event) => {
  const leave = event.target.closest("dialog [data-leave]");
  if (!leave) return;
  event.preventDefault();
  leave.closest("dialog").close();
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.value === "range") target.form.elements.first.focus(); // its days come next
  else if (target.closest("[data-submit-on-change]")) target.form.requestSubmit();
});

document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const terms = document.getElementById("terms");
  if (!terms) return;
  const writing = event.target.matches("input:not([type=radio]), select, textarea");
  if (event.key === "/" && !writing) {
    event.preventDefault();
    terms.focus();
    terms.select();
  } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !event.target.matches("select, [type=radio]")) {
    const links = [...document.querySelectorAll("#results a.open")];
    if (!links.length) return;
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = links.indexOf(document.activeElement) + step;
    (at < 0 ? terms : links[Math.min(at, links.length - 1)]).focus();
  }
});

addEventListener("popstate", () => location.reload());

function rememberList() {
  if (location.pathname.startsWith("/list/")) sessionStorage.setItem(LIST_KEY, location.pathname);
}

function showTimes(root) {
  const { lang } = document.documentElement;
  const shape = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, {
    dateStyle: "medium",
    timeStyle: "short",
    hourCycle: "h23",
  });
  const clock = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { timeStyle: "short", hourCycle: "h23" });
  for (const time of root.querySelectorAll("time[data-unix]")) {
    time.textContent = ("clock" in time.dataset ? clock : shape).format(new Date(Number(time.dataset.unix) * 1000));
  }
}

function explainMissing(image) {
  const place = image.closest("[data-missing]");
  if (place) place.textContent = place.dataset.missing;
}

document.addEventListener("error", (event) => event.target.matches?.("img") && explainMissing(event.target), true);
for (const image of document.images) if (image.complete && !image.naturalWidth) explainMissing(image);

rememberList();
showTimes(document);
for (const link of document.querySelectorAll("a[data-back]")) {
  link.href = sessionStorage.getItem(LIST_KEY) ?? link.href;
}
for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
  form.addEventListener("submit", () => sessionStorage.removeItem(LIST_KEY));
}

// A form that goes on by itself, as an import does; without this script its button is pressed.
document.querySelector("form[data-go-on]")?.requestSubmit();
document.addEventListener("submit", (event) => {
  if (!("once" in event.target.dataset)) return;
  for (const button of event.target.querySelectorAll("button")) button.disabled = true;
});
