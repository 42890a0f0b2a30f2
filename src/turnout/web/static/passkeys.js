// Passkeys. A button with data-passkey="address" signs in, one with data-add-passkey adds one to
// the account; both send the token of the form that they stand in.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function ask(address, fields) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" } });
  if (!answer.ok) throw await answer.json().catch(() => ({}));
  return answer.json();
}

function pack(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (credential.response[name]) response[name] = text(credential.response[name]);
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} });
}

const inputs = {
  async passkey(options) {
    options.challenge = bytes(options.challenge);
    options.allowCredentials = (options.allowCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    return navigator.credentials.get({ publicKey: options });
  },
  async addPasskey(options) {
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = (options.excludeCredentials || []).map((one) => ({ ...one, id: bytes(one.id) }));
    return navigator.credentials.create({ publicKey: options });
  },
};

// The account's own page takes the new passkey: it shows the recovery codes that come with it, once.
function handOver(form, answer) {
  for (const [name, value] of Object.entries({ do: "add_passkey", answer }))
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.querySelector("[name=current]").value = "";
  form.submit();
}

for (const button of document.querySelectorAll("[data-passkey], [data-add-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  const kind = "passkey" in button.dataset ? "passkey" : "addPasskey";
  const address = button.dataset[kind];
  button.hidden = false;
  let usual;
  button.addEventListener("click", async () => {
    const fields = Object.fromEntries(new FormData(button.form));
    delete fields.password;
    const error = button.form.querySelector("[data-passkey-error]");
    usual ??= error?.textContent;
    if (error) error.hidden = true;
    button.setAttribute("aria-busy", "true");
    try {
      const credential = await inputs[kind](await ask(address, fields));
      const answer = pack(credential);
      if (kind === "addPasskey") return handOver(button.form, answer);
      location.assign((await ask(address, { ...fields, answer })).location);
    } catch (failure) {
      if (error) { error.textContent = failure?.said || usual; error.hidden = false; error.setAttribute("role", "alert"); }
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
