// SPDX-License-Identifier: Apache-2.0
// containers: the list of them, how each is, and what can be done with it.
"use strict";

const KINDS = {
  running: "good", paused: "wait", failed: "bad", stopped: "", created: "",
  pending: "work", fetching: "work", unpacking: "work", creating: "work", stopping: "work", deleting: "work",
};
const TOGGLES = {
  running: { word: "Pause", wish: "paused" },
  paused: { word: "Resume", wish: "running" },
  created: { word: "Start", wish: "running" },
  stopped: { word: "Start", wish: "running" },
};
const containers = new Map(); // "web:latest" to {row, status, cpu, memory, before, busy}

const keyOf = (status) => `${status.name}:${status.tag}`;
const shownName = (key) => key.replace(/:latest$/, "");
const pathOf = (key) => `/containers/${encodeURIComponent(key)}`;
const runs = (status) => status.state === "running" || status.state === "paused";

function noteOf(status) {
  const { state, progress, exitCode, oomKilled, restartCount, error } = status;
  if (state === "fetching" && progress.bytesTotal)
    return `${bytes(progress.bytesDone)} of ${bytes(progress.bytesTotal)}`;
  if (state === "failed") return error?.detail || "";
  const notes = [];
  if (oomKilled) notes.push("out of memory");
  else if (state === "stopped" && exitCode !== null) notes.push(`exit ${exitCode}`);
  if (restartCount) notes.push(`restarted ${restartCount}×`);
  return notes.join(", ");
}

function showState(pill, state) {
  setText(pill, state);
  pill.dataset.kind = KINDS[state] ?? "";
}

function showContainer(entry) {
  const { row, status } = entry;
  const key = keyOf(status);
  const find = (selector) => row.querySelector(selector);
  const name = find("button.name");
  setText(name, shownName(key));
  name.title = key;
  setText(find(".image"), status.image.reference);
  find(".image").title = status.image.reference;
  showState(find(".pill"), status.state);
  find(".state").dataset.kind = KINDS[status.state] ?? "";
  setText(find(".note"), noteOf(status));
  const bar = find("progress");
  bar.hidden = !["pending", "fetching", "unpacking", "creating"].includes(status.state);
  setLabel(bar, `Fetching the image of ${shownName(key)}`);
  if (status.state === "fetching" && status.progress.bytesTotal)
    bar.value = status.progress.bytesDone / status.progress.bytesTotal;
  else bar.removeAttribute("value");
  const toggle = TOGGLES[status.state];
  const buttons = [[".toggle", toggle?.word || "Start", toggle], [".stop", "Stop", runs(status) || status.state === "created"],
    [".delete", "Delete", status.state !== "deleting"]];
  for (const [selector, word, can] of buttons) {
    setText(find(selector), word);
    setLabel(find(selector), `${word} ${shownName(key)}`);
    enable(find(selector), Boolean(can) && !entry.busy);
  }
  row.setAttribute("aria-busy", String(entry.busy));
  showTime(find("time"), status.state === "running" || status.state === "paused" ? status.startedAt
    : status.finishedAt || status.createdAt);
  if (!runs(status)) entry.cpu = entry.memory = entry.before = null;
  showFigures(entry);
}

function showFigures({ row, cpu, memory }) {
  for (const [selector, numbers, floor, words] of [[".cpu", cpu, 5, percent], [".memory", memory, 1e6, bytes]]) {
    const figure = row.querySelector(selector);
    figure.toggleAttribute("data-none", !numbers);
    setText(figure.querySelector(".value"), numbers?.length ? words(numbers.at(-1)) : "–");
    draw(figure, numbers || [], floor);
  }
}

function setContainer(status) {
  const key = keyOf(status);
  let entry = containers.get(key);
  const before = entry?.status.state;
  if (!entry) {
    entry = { row: fresh("container-row"), status, cpu: null, memory: null, before: null, busy: false };
    const find = (selector) => entry.row.querySelector(selector);
    find("button.name").addEventListener("click", () => openDetails(key));
    find(".toggle").addEventListener("click", (event) => toggleContainer(key, event.currentTarget));
    find(".stop").addEventListener("click", (event) => stopContainer(key, event.currentTarget));
    find(".delete").addEventListener("click", (event) => deleteContainer(key, event.currentTarget));
    insertRow(one("container-rows"), containers, key, entry);
  }
  entry.status = status;
  showContainer(entry);
  if (before && before !== status.state) {
    announce(`${shownName(key)} is ${status.state}`);
    if (status.state === "failed" && status.error)
      showProblem(`${shownName(key)} has failed`, new Problem(status.error, 0));
  }
  showCount();
  if (details.key === key) showDetails(entry, before);
}

function dropContainer(key) {
  const entry = containers.get(key);
  if (!entry) return;
  containers.delete(key);
  removeRow(entry.row, one("open-create"));
  if (details.key === key) closeDetails();
  announce(`${shownName(key)} is gone`);
  showCount();
}

function showCount() {
  const states = {};
  for (const { status } of containers.values()) states[status.state] = (states[status.state] || 0) + 1;
  const words = Object.keys(KINDS).filter((state) => states[state]).map((state) => `${states[state]} ${state}`);
  setText(one("count"), words.join(" · "));
  document.title = states.running ? `${states.running} running – oci-rt` : "oci-rt";
  applyFilter();
}

function applyFilter() {
  const wanted = one("filter").value.trim().toLowerCase();
  let shown = 0;
  for (const [key, { row, status }] of containers) {
    const is = [key, status.image.reference, status.state].some((text) => text.toLowerCase().includes(wanted));
    row.hidden = !is;
    if (is) shown += 1;
  }
  const empty = one("no-containers");
  empty.hidden = shown > 0;
  one("container-rows").parentElement.hidden = shown === 0;
  setText(empty, containers.size ? "None of them fits the filter." : "No containers yet. “New container” makes one.");
}
one("filter").addEventListener("input", applyFilter);

/** One act at a time on each; `what` goes before the reason if it fails. */
async function act(key, what, work) {
  const entry = containers.get(key);
  if (!entry || entry.busy) return;
  entry.busy = true;
  showContainer(entry);
  try {
    await work();
  } catch (error) {
    showProblem(`${shownName(key)} ${what}`, error);
  }
  entry.busy = false;
  if (containers.get(key) === entry) showContainer(entry);
}

const wish = (key, state) => async () =>
  setContainer(await (await ask("PUT", `${pathOf(key)}/status`, { body: { state } })).json());

async function toggleContainer(key, button) {
  const toggle = TOGGLES[containers.get(key).status.state];
  if (!toggle || !isEnabled(button)) return;
  await act(key, `cannot be ${{ Pause: "paused", Resume: "resumed", Start: "started" }[toggle.word]}`, wish(key, toggle.wish));
}

async function stopContainer(key, button) {
  if (!isEnabled(button)) return;
  const text = "What it has changed in its own root file system is lost; volumes stay.";
  if (!await confirmed(`Stop ${shownName(key)}?`, text, "Stop")) return;
  await act(key, "cannot be stopped", wish(key, "stopped"));
}

async function deleteContainer(key, button) {
  if (!isEnabled(button)) return;
  const running = runs(containers.get(key).status);
  const text = `${running ? "It runs, and is stopped first. " : ""}Its root file system and its log are deleted with it.`;
  if (!await confirmed(`Delete ${shownName(key)}?`, text, "Delete")) return;
  await act(key, "cannot be deleted", async () => {
    try {
      await ask("DELETE", pathOf(key));
    } catch (error) {
      if (error.code !== "no-such-container") throw error;
    }
    dropContainer(key);
  });
}

async function loadContainers() {
  const seen = new Set();
  let after = "";
  do {
    const list = await getJson(`/containers?limit=500${after && `&after=${encodeURIComponent(after)}`}`);
    for (const status of list.items) {
      seen.add(keyOf(status));
      setContainer(status);
    }
    after = list.next || "";
  } while (after);
  for (const key of [...containers.keys()]) if (!seen.has(key)) dropContainer(key);
  showCount();
}

/** After an event: once for all that come while it is being asked for. */
const stale = new Map(); // key to whether it has to be asked for again
async function refreshContainer(key) {
  if (stale.has(key)) return void stale.set(key, true);
  do {
    stale.set(key, false);
    try {
      setContainer(await getJson(pathOf(key)));
    } catch (error) {
      if (error.code === "no-such-container") dropContainer(key);
    }
  } while (stale.get(key));
  stale.delete(key);
}

/** What one uses now, and what it did since the last time. */
async function measure(entry) {
  let document;
  try {
    document = await getJson(`${pathOf(keyOf(entry.status))}/stats`);
  } catch {
    return; // it has just stopped, or the next time will tell
  }
  if (!runs(entry.status)) return;
  const time = Date.parse(document.time);
  const total = document.stats.cpu?.usage?.total;
  const used = document.stats.memory?.usage?.usage;
  if (Number.isFinite(total)) {
    const { before } = entry;
    entry.before = { time, total };
    entry.cpu ||= [];
    if (before && time > before.time)
      entry.cpu = [...entry.cpu, Math.max(0, (total - before.total) / ((time - before.time) * 1e4))].slice(-SAMPLES);
  }
  if (Number.isFinite(used)) entry.memory = [...(entry.memory || []), used].slice(-SAMPLES);
  showFigures(entry);
}

function isInView(row) {
  const place = row.getBoundingClientRect();
  return place.height > 0 && place.bottom > 0 && place.top < innerHeight;
}

/** Two at a time, those that are seen; nobody is asked for a page that nobody looks at. */
async function measureAlways() {
  for (;;) {
    const begun = Date.now();
    const wanted = document.hidden ? [] : [...containers.values()].filter(({ row, status }) => runs(status) && isInView(row));
    const work = async () => {
      while (wanted.length) await measure(wanted.shift());
    };
    await Promise.all([work(), work()]);
    await pause(Math.max(500, 2000 - (Date.now() - begun)));
  }
}
