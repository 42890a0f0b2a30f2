// The page of an event in a frame on another site: tells that site how high it is, once the site has
// asked, and only if it is one of those that the organization lists.
const sites = document.documentElement.dataset.sites.split(" ");
let site = "";

function tell() {
  const { height } = document.documentElement.getBoundingClientRect();
  if (site) parent.postMessage({ turnout: "size", height, title: document.title }, site);
}

addEventListener("message", ({ data, origin, source }) => {
  if (source !== parent || data?.turnout !== "hello" || !sites.includes(origin)) return;
  site = origin;
  tell();
});
new ResizeObserver(tell).observe(document.documentElement);
