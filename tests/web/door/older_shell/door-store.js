// What a phone at the door keeps: facts about itself, the tickets of its gate, and scans that wait.
const NAME = "turnout-door";

const open = new Promise((resolve, reject) => {
  const asked = indexedDB.open(NAME, 3);
  asked.onupgradeneeded = () => {
    const made = (name, options) => asked.result.objectStoreNames.contains(name)
      ? asked.transaction.objectStore(name) : asked.result.createObjectStore(name, options);
    made("facts");
    const tickets = made("tickets", { keyPath: "digest" });
    for (const name of ["group", "id"]) if (!tickets.indexNames.contains(name)) tickets.createIndex(name, name);
    made("outbox", { keyPath: "place", autoIncrement: true });
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});

async function within(name, mode, work) {
  const database = await open;
  return new Promise((resolve, reject) => {
    const change = database.transaction(name, mode);
    let found;
    const asked = work(change.objectStore(name));
    if (asked) asked.onsuccess = () => { found = asked.result; };
    change.oncomplete = () => resolve(found);
    change.onabort = () => reject(change.error);
  });
}

export const readFact = (name) => within("facts", "readonly", (store) => store.get(name));
export const keepFact = (name, fact) => within("facts", "readwrite", (store) => { store.put(fact, name); });
export const readTicket = (digest) => within("tickets", "readonly", (store) => store.get(digest));
export const findTicket = (id) => within("tickets", "readonly", (store) => store.index("id").get(id));
export const listGroup = (group) => within("tickets", "readonly", (store) => store.index("group").getAll(group));
export const listTickets = () => within("tickets", "readonly", (store) => store.getAll());
export const listOutbox = (limit) => within("outbox", "readonly", (store) => store.getAll(null, limit));
export const countOutbox = () => within("outbox", "readonly", (store) => store.count());
export const addToOutbox = (scan) => within("outbox", "readwrite", (store) => { store.add(scan); });
export const keepTickets = (tickets) => within("tickets", "readwrite", (store) => { for (const one of tickets) store.put(one); });
// All or nothing: where there is no room for the new ones, the old ones stay.
export const replaceTickets = (tickets) => within("tickets", "readwrite", (store) => { store.clear(); for (const one of tickets) store.put(one); });

export const dropFromOutbox = (places) => within("outbox", "readwrite", (store) => { for (const one of places) store.delete(one); });

export const emptyOutbox = () => within("outbox", "readwrite", (store) => { store.clear(); });

export async function forgetAll() {
  for (const name of ["facts", "tickets"]) await within(name, "readwrite", (store) => { store.clear(); });
}
