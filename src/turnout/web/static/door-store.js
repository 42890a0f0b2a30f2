// What a phone at the door keeps: facts about itself, the tickets of its gate, and scans that wait.
const { openDB, unwrap } = await import(document.body.dataset.idb);
const NAME = "turnout-door", VERSION = 3;

function upgrade(database, _before, _after, change) {
  const made = (name, options) => database.objectStoreNames.contains(name)
    ? change.objectStore(name) : database.createObjectStore(name, options);
  made("facts");
  const tickets = made("tickets", { keyPath: "digest" });
  for (const name of ["group", "id"]) if (!tickets.indexNames.contains(name)) tickets.createIndex(name, name);
  made("outbox", { keyPath: "place", autoIncrement: true });
}

// A browser may end the connection by itself, as Safari does to a page in the background: the next
// one who asks opens it again.
let opened = null;
const open = () => opened ??= openDB(NAME, VERSION, { upgrade, terminated: () => { opened = null; } });

// Many changes at once, all or none; as requests of the browser itself, since nobody waits for each.
async function within(name, work) {
  const change = (await open()).transaction(name, "readwrite");
  work(unwrap(change).objectStore(name));
  await change.done;
}

export const readFact = async (name) => (await open()).get("facts", name);
export const keepFact = async (name, fact) => (await open()).put("facts", fact, name);
export const readTicket = async (digest) => (await open()).get("tickets", digest);
export const findTicket = async (id) => (await open()).getFromIndex("tickets", "id", id);
export const listGroup = async (group) => (await open()).getAllFromIndex("tickets", "group", group);
export const listTickets = async () => (await open()).getAll("tickets");
export const listOutbox = async (limit) => (await open()).getAll("outbox", null, limit);
export const countOutbox = async () => (await open()).count("outbox");
export const addToOutbox = async (scan) => (await open()).add("outbox", scan);
export const keepTickets = (tickets) => within("tickets", (store) => { for (const one of tickets) store.put(one); });
// Where there is no room for the new ones, the old ones stay.
export const replaceTickets = (tickets) => within("tickets", (store) => { store.clear(); for (const one of tickets) store.put(one); });
export const dropFromOutbox = (places) => within("outbox", (store) => { for (const one of places) store.delete(one); });
export const emptyOutbox = async () => (await open()).clear("outbox");

// What is needed of a phone that knows nobody any more: who it is, for the scans that wait.
const OWN = ["state", "clock", "ended", "offline", "printer", "layout", "deleted", "asking"];

export async function forgetNames() {
  const database = await open(), names = await database.getAllKeys("facts");
  for (const name of names) if (!OWN.includes(name)) await database.delete("facts", name);
  await database.clear("tickets");
}

export async function forgetAll() {
  for (const name of ["facts", "tickets"]) await (await open()).clear(name);
}
