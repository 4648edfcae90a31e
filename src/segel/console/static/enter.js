// The way in to OHIF: exchange the one-time code behind the # for this tab's own short session.

const message = document.getElementById("message");
const given = new URLSearchParams(location.hash.slice(1));
history.replaceState(null, "", "/enter"); // the code is used up; nobody shall find it in the history

async function enter() {
  const answer = await fetch("/enter", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code: given.get("code"), study: given.get("study") }),
  });
  if (!answer.ok) throw new Error(String(answer.status));
  sessionStorage.setItem("segel-viewer", JSON.stringify(await answer.json()));
  location.replace("/viewer");
}

sessionStorage.removeItem("segel-viewer");
if (!given.get("code")) message.textContent = message.dataset.failed;
else enter().catch(() => (message.textContent = message.dataset.failed));
