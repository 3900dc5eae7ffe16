// SPDX-License-Identifier: Apache-2.0
// create: the form for a new container.
"use strict";

/** Words as a shell parts them: '…' and "…" keep spaces, \ keeps what follows. Throws if a quote stays open. */
function wordsOf(text) {
  const words = [];
  let word = null;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quote && letter === quote) quote = "";
    else if (letter === "\\" && quote !== "'" && at + 1 < text.length) word = (word ?? "") + text[at += 1];
    else if (quote) word += letter;
    else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + letter;
  }
  if (quote) throw new Error(`the quote ${quote} is not closed`);
  if (word !== null) words.push(word);
  return words;
}

/** "registry.example/team/app:1@sha256:…" is called "app:1" unless something else is said. */
function nameOfImage(image) {
  return image.trim().replace(/@.*$/, "").replace(/^.*\//, "");
}

const FIELDS = { "/image": "create-image", "/args": "create-args", "/env": "create-env", "/resources/memory/limit": "create-memory",
  "/resources/cpu/quota": "create-cpus", "/restart/policy": "create-restart" };

function openCreate(image = "") {
  const form = one("create").querySelector("form");
  form.reset();
  form.querySelector("details").open = false;
  showFaults([]);
  one("create-image").value = image;
  one("create-name").placeholder = nameOfImage(image);
  const known = one("known-images");
  known.replaceChildren(...[...images.keys()].map((name) => element("option", "", { value: name })));
  one("create").showModal();
  one(image ? "create-name" : "create-image").focus();
}

/** faults: {field: id or "", text}. The first one that has a place gets the focus. */
function showFaults(faults) {
  one("create-faults").replaceChildren(...faults.map(({ text }) => element("li", text)));
  for (const id of [...Object.values(FIELDS), "create-name"]) {
    const isWrong = faults.some(({ field }) => field === id);
    if (isWrong) one(id).setAttribute("aria-invalid", "true");
    else one(id).removeAttribute("aria-invalid");
  }
  const first = faults.find(({ field }) => field);
  if (!first) return;
  const more = one(first.field).closest("details");
  if (more) more.open = true;
  one(first.field).focus();
}

/** What is to be asked for: {key, body}; throws {faults}. */
function readCreate() {
  const value = (id) => one(id).value.trim();
  const image = value("create-image");
  if (!image) throw { faults: [{ field: "create-image", text: "An image is needed." }] };
  const body = { image };
  try {
    const args = wordsOf(value("create-args"));
    if (args.length) body.args = args;
  } catch (error) {
    throw { faults: [{ field: "create-args", text: `Command: ${error.message}` }] };
  }
  const env = value("create-env").split("\n").map((line) => line.trim()).filter(Boolean);
  if (env.length) body.env = env;
  const numbers = [["create-memory", "Memory", (mib) => ({ memory: { limit: Math.round(mib * 1048576) } })],
    ["create-cpus", "CPUs", (cpus) => ({ cpu: { quota: Math.round(cpus * 100000), period: 100000 } })]];
  for (const [id, word, made] of numbers) {
    if (!value(id) && one(id).validity.valid) continue;
    const number = Number(value(id));
    if (!(number > 0) || !one(id).validity.valid) throw { faults: [{ field: id, text: `${word}: this is no such number.` }] };
    body.resources = { ...body.resources, ...made(number) };
  }
  if (value("create-restart") !== "no") body.restart = { policy: value("create-restart") };
  if (!one("create-start").checked) body.start = false;
  return { key: value("create-name") || nameOfImage(image), body };
}

function faultsOf(error) {
  if (!(error instanceof Problem)) return [{ field: "", text: "The service does not answer." }];
  if (error.code === "invalid-name") return [{ field: "create-name", text: `Name: ${error.message}` }];
  const listed = (error.document.errors || []).map(({ pointer, detail }) => {
    const place = Object.keys(FIELDS).find((each) => `${pointer}/`.startsWith(`${each}/`));
    return { field: FIELDS[place] || "", text: `${pointer.slice(1)} ${detail}` };
  });
  return listed.length ? listed : [{ field: "", text: `${error.document.title || "Refused"}: ${error.message}` }];
}

async function submitCreate(event) {
  event.preventDefault();
  const button = event.target.querySelector("[type=submit]");
  if (!isEnabled(button)) return;
  enable(button, false);
  try {
    const { key, body } = readCreate();
    const status = await (await ask("PUT", pathOf(key), { body })).json();
    one("create").close();
    one("filter").value = "";
    setContainer(status);
    announce(`${shownName(keyOf(status))} is ${status.state}`);
    containers.get(keyOf(status)).row.querySelector("button.name").focus();
  } catch (error) {
    showFaults(error.faults || faultsOf(error));
  }
  enable(button, true);
}

one("open-create").addEventListener("click", () => openCreate());
one("create-cancel").addEventListener("click", () => one("create").close());
one("create").querySelector("form").addEventListener("submit", submitCreate);
one("create-image").addEventListener("input", (event) => {
  one("create-name").placeholder = nameOfImage(event.target.value);
});
