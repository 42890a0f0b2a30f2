/* Shows an event of a Turnout server on another site, in a frame that grows with its content:
   <script src="https://tickets.example.org/embed.js" data-event="/acme/spring" async></script>
   data-lang, data-source and data-title are optional. What comes from the frame counts only if it
   is from that server and that frame, and all that it can say is a height and a title. */
"use strict";
(() => {
  const FIRST = 700, LARGEST = 20000;
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const { event, lang, source, title } = script.dataset;
  const address = new URL(home);
  address.pathname = `${(event || "").replace(/^\/+|\/+$/g, "")}/embed`;
  if (lang) address.searchParams.set("lang", lang);
  if (source) address.searchParams.set("sti", source);
  const frame = document.createElement("iframe");
  frame.src = address.href;
  frame.title = title || "Turnout";
  Object.assign(frame.style, { display: "block", width: "100%", height: `${FIRST}px`, border: "0" });

  let loaded = 0;
  frame.addEventListener("load", () => {
    frame.contentWindow.postMessage({ turnout: "hello" }, home);
    // An answer to the form begins at the top of the frame, which may have been scrolled away.
    if (loaded++ && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
  });
  addEventListener("message", (message) => {
    const said = message.data;
    if (message.origin !== home || message.source !== frame.contentWindow) return;
    if (said?.turnout !== "size") return;
    if (said.height > 0) frame.style.height = `${Math.min(Math.ceil(said.height), LARGEST)}px`;
    if (!title && typeof said.title === "string") frame.title = said.title.slice(0, 200);
  });
  script.after(frame);
})();
