// Sends evidence as it is, one file after another, and shows how far it is.
const form = document.getElementById("evidence");
const bar = form.querySelector("progress");
const status = form.querySelector("[role=status]");

function send(file, source, done, total) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.setRequestHeader("X-File-Source", encodeURIComponent(source));
    request.upload.onprogress = (event) => { bar.value = (done + event.loaded) / (total || 1); };
    request.onload = () => (request.status === 201 ? resolve() : reject());
    request.onerror = reject;
    request.send(file);
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const files = [...form.elements.file.files];
  const total = files.reduce((sum, file) => sum + file.size, 0);
  const button = form.querySelector("button");
  let done = 0;
  button.disabled = true;
  bar.hidden = false;
  try {
    for (const file of files) {
      await send(file, form.elements.source.value, done, total);
      done += file.size;
    }
    status.textContent = form.dataset.done;
    location.reload();
  } catch {
    status.textContent = form.dataset.failed;
    button.disabled = false;
  }
});

// How an examination stands, while it runs: that part of the page alone, so that nothing typed
// elsewhere is lost.
const EVERY_MS = 3000;

async function look() {
  const shown = document.getElementById("examining");
  const running = shown?.querySelector("[data-reload]");
  if (!running) return;
  try {
    const headers = { Accept: "text/html", "X-Fragment": "examining" };
    const answer = await fetch(location.pathname, { headers });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.getElementById("examining");
      if (now && !now.querySelector("[data-reload]") && !document.querySelector("details[open]")) {
        location.reload();
        return;
      }
      if (now) shown.replaceWith(now);
    }
  } catch {
    // The next look says.
  }
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
