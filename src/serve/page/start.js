// SPDX-License-Identifier: Apache-2.0
// start: the token, the stream of events that keeps all lists true, and its coming back.
"use strict";

const LONGEST_SILENCE = 40000; // the service says something every 15 seconds
let tokenWanted = null; // who goes on when there is one

function showConnection(kind, text) {
  one("connection").dataset.kind = kind;
  setText(one("connection"), text);
}

function showHouse(isOpen) {
  for (const id of ["containers", "images", "open-create"]) one(id).hidden = !isOpen;
  one("sign-in").hidden = isOpen;
}

async function tokenGiven() {
  sessionStorage.removeItem(TOKEN);
  closeDetails();
  showHouse(false);
  showConnection("bad", "No token");
  one("token").focus();
  await new Promise((go) => {
    tokenWanted = go;
  });
}

function tell(kind, event) {
  const [type] = kind.split(".");
  // Also of one that is deleted: an older answer may be on its way, and would bring it back.
  if (type === "container") refreshContainer(event.name);
  if (type === "image" || kind === "container.ready" || kind === "container.created") refreshImages();
}

/** One stream from its beginning to its end. What happened before is in the lists, which are asked for when it stands. */
async function listen() {
  const ending = new AbortController();
  abortUnseen(ending);
  let silence = setTimeout(() => ending.abort(), LONGEST_SILENCE);
  let reason = null;
  try {
    const answer = await ask("GET", "/events", { accept: "text/event-stream", signal: ending.signal });
    const loaded = Promise.all([loadContainers(), loadImages(), getJson("/version")]).then(([, , version]) => {
      setText(one("version"), version.version);
      showHouse(true);
      showConnection("good", "Live");
    });
    loaded.catch((error) => {
      reason = error;
      ending.abort();
    });
    for await (const { kind, data } of happenings(answer)) {
      clearTimeout(silence);
      silence = setTimeout(() => ending.abort(), LONGEST_SILENCE);
      if (kind === "daemon.shutting_down") return "ended";
      if (kind) loaded.then(() => tell(kind, data), () => {}); // the lists may be older than the event
    }
    await loaded;
  } catch (error) {
    if (ending.signal.reason === "unseen") return "unseen";
    throw reason || error;
  } finally {
    clearTimeout(silence);
    ending.abort();
  }
  return "cut off";
}

async function listenAlways() {
  for (let wait = 500; ; wait = Math.min(wait * 2, 15000)) {
    await seen();
    const begun = Date.now();
    try {
      const how = await listen();
      if (how === "unseen") {
        showConnection("work", "Asleep");
        wait = 250;
        continue;
      }
      showConnection("bad", how === "ended" ? "The service has ended; waiting for the next" : "Cut off; trying again");
    } catch (error) {
      if (error.code === "bad-token") {
        await tokenGiven();
        wait = 250;
        continue;
      }
      showConnection("bad", error instanceof Problem ? `${error.message}; trying again` : "Not reached; trying again");
    }
    if (Date.now() - begun > 20000) wait = 500;
    await pause(wait);
    showConnection("work", "Connecting");
  }
}

one("sign-in").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = one("token").value.trim();
  if (!token || !tokenWanted) return;
  one("token").value = "";
  sessionStorage.setItem(TOKEN, token);
  tokenWanted();
  tokenWanted = null;
});
addEventListener("hashchange", () => {
  if (takeToken()) location.reload();
});
setInterval(() => {
  for (const entry of containers.values()) showContainer(entry);
}, 20000);

takeToken();
listenAlways();
measureAlways();
