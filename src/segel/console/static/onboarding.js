// The ticket stands after the #, which no server sees; it leaves the address bar at once. And files
// are read into the fields beside them, so that a form never carries one.

const begin = document.getElementById("onboarding-begin");
if (begin && location.hash.length > 1) {
  begin.elements.ticket.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  begin.requestSubmit();
}
for (const chooser of document.querySelectorAll(".reads-file")) {
  chooser.hidden = false;
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    if (file && file.size < 262144) document.getElementById(chooser.dataset.into).value = await file.text();
  });
}
