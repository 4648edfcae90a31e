/** Where the lists are kept: IndexedDB, or memory where the browser allows none. No card comes here. */

const NAME = "segel-verifier";
const LISTS = "lists";

export async function openStore() {
  try {
    return new Stored(await opened());
  } catch {
    return new Remembered();
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(LISTS);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

class Stored {
  constructor(database) {
    this.database = database;
  }

  get(kind) {
    return this.#done("readonly", (lists) => lists.get(kind));
  }

  put(kind, kept) {
    return this.#done("readwrite", (lists) => lists.put(kept, kind));
  }

  #done(mode, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(LISTS, mode);
      const request = ask(transaction.objectStore(LISTS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

class Remembered {
  #lists = new Map();

  async get(kind) {
    return this.#lists.get(kind);
  }

  async put(kind, kept) {
    this.#lists.set(kind, kept);
  }
}
