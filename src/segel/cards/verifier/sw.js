/**
 * Keeps the whole app for use without a network; the server writes EDITION and FILES above this.
 *
 * A newer edition is fetched whole beside the one in use and takes over when the person says so. The
 * lists are not kept here but by the page, which verifies them.
 */
/* global EDITION, FILES */
const BEGINNING = "segel-verifier-";
const CACHE = BEGINNING + EDITION;

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  const scope = new URL(registration.scope);
  if (event.request.method !== "GET" || origin !== scope.origin) return;
  if (!pathname.startsWith(scope.pathname)) return;
  event.respondWith(kept(pathname.slice(scope.pathname.length)));
});
addEventListener("message", ({ data }) => data === "take-over" && skipWaiting());

async function keepAll() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((name) => new Request(name, { cache: "reload" })));
}

async function forgetOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith(BEGINNING) && name !== CACHE) await caches.delete(name);
  }
  await clients.claim();
}

async function kept(name) {
  const cache = await caches.open(CACHE);
  return (await cache.match(name || "./")) ?? fetch(name || "./");
}
