// SPDX-License-Identifier: Apache-2.0
// images: what is in the store, and what is on its way there.
"use strict";

const images = new Map(); // name to {row}
const pulls = new Map(); // name to its item in the list
const turns = { free: 1, waiting: [] }; // to look at one: a browser opens few connections to one host

const imagePath = (name) => `/images/${encodeURIComponent(name)}`;

/** The service tells of images what its own store does: objects, each with a name. */
function setImage(image) {
  const { name } = image;
  let entry = images.get(name);
  if (!entry) {
    entry = { row: fresh("image-row") };
    entry.row.querySelector(".run").addEventListener("click", () => openCreate(name));
    entry.row.querySelector(".delete").addEventListener("click", () => deleteImage(name));
    insertRow(one("image-rows"), images, name, entry);
  }
  const find = (selector) => entry.row.querySelector(selector);
  setText(find(".name"), name.replace(/^docker\.io\/(?:library\/)?/, ""));
  find(".name").title = name;
  setText(find(".image"), image.damaged ? `damaged: ${image.damaged}` : (image.digest || "").slice(0, 19));
  find(".image").title = image.digest || "";
  setText(find(".platform"), image.platform || "–");
  setText(find(".size"), Number.isFinite(image.size) ? bytes(image.size) : "–");
  showTime(find("time"), image.created);
  for (const [selector, word] of [[".run", "Run"], [".delete", "Delete"]]) setLabel(find(selector), `${word} ${name}`);
}

async function loadImages() {
  const { items } = await getJson("/images");
  const seen = new Set();
  for (const image of items) {
    const known = typeof image === "string" ? { name: image } : image;
    if (!known.name) continue;
    seen.add(known.name);
    setImage(known);
  }
  for (const [name, { row }] of images) {
    if (seen.has(name)) continue;
    images.delete(name);
    removeRow(row, one("pull-name"));
  }
  one("no-images").hidden = images.size > 0;
  one("image-rows").parentElement.hidden = images.size === 0;
}

const refreshImages = (() => {
  let isWaiting = false;
  return async () => {
    if (isWaiting) return;
    isWaiting = true;
    await pause(200);
    isWaiting = false;
    await loadImages().catch((error) => showProblem("The images cannot be listed", error));
  };
})();

async function deleteImage(name) {
  if (!await confirmed(`Delete ${name}?`, "Its name is forgotten. What no other image and no container needs goes with the next prune.", "Delete"))
    return;
  try {
    await ask("DELETE", imagePath(name));
    announce(`${name} is deleted`);
    await loadImages();
  } catch (error) {
    showProblem(`${name} cannot be deleted`, error);
  }
}

async function takeTurn() {
  if (turns.free > 0) turns.free -= 1;
  else await new Promise((go) => turns.waiting.push(go));
}
function giveTurn() {
  const next = turns.waiting.shift();
  if (next) next();
  else turns.free += 1;
}

/** Asked for again and again, which joins what has begun: each answer tells how far it is, the last one how it ended. */
async function pull(name) {
  if (pulls.has(name)) return;
  const item = element("li");
  const bar = element("progress", "", { max: 1 });
  const note = element("span", "waiting", { className: "note" });
  setLabel(bar, `Pulling ${name}`);
  item.append(element("span", name), bar, note);
  one("pulls").append(item);
  pulls.set(name, item);
  announce(`Pulling ${name}`);
  try {
    await ask("PUT", imagePath(name), { body: {} });
    await takeTurn();
  } catch (error) {
    return endPull(name, error);
  }
  let problem = null;
  try {
    for (let isDone = false; !isDone;) {
      const answer = await (await ask("PUT", imagePath(name), { body: {}, prefer: "wait=1" })).json();
      isDone = answer.state === "done";
      if (answer.bytesTotal) bar.value = answer.bytesDone / answer.bytesTotal;
      setText(note, answer.bytesTotal ? `${bytes(answer.bytesDone)} of ${bytes(answer.bytesTotal)}` : "asking the registry");
    }
  } catch (error) {
    problem = error;
  }
  giveTurn();
  endPull(name, problem);
}

function endPull(name, problem) {
  pulls.get(name).remove();
  pulls.delete(name);
  if (problem) return showProblem(`${name} cannot be pulled`, problem);
  announce(`${name} is there`);
  refreshImages();
}

one("pull").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = one("pull-name").value.trim();
  one("pull-name").value = "";
  if (name) pull(name);
});
