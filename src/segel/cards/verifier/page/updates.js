/** The service worker: keeps the whole app, and says when there is a newer one. */

export async function offerUpdates(notice, shown) {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.register("sw.js");
  const offer = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return;
    notice.hidden = false;
    shown();
  };
  registration.addEventListener("updatefound", () =>
    registration.installing?.addEventListener("statechange", offer),
  );
  notice.querySelector("button").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    registration.waiting?.postMessage("take-over");
  });
  offer();
  // Browsers look for a newer edition when they please; somebody who opens the page wants it now.
  registration.update().catch(() => {});
}
