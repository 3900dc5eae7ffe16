// SPDX-License-Identifier: Apache-2.0
// details: one container: what is known of it, and what it says, as it says it.
"use strict";

const MOST_LINES = 4000;
const details = { key: "", ending: null, open: {} };

function openDetails(key) {
  const was = details.key;
  if (was) closeDetails();
  if (was === key) return;
  details.key = key;
  const entry = containers.get(key);
  setText(one("details-title"), shownName(key));
  setLabel(one("log"), `Log of ${shownName(key)}`);
  entry.row.dataset.open = "";
  entry.row.querySelector("button.name").setAttribute("aria-expanded", "true");
  one("details").hidden = false;
  showDetails(entry);
  followLog(key);
  one("details-title").focus();
  entry.row.scrollIntoView({ block: "nearest" });
}

function closeDetails() {
  const row = containers.get(details.key)?.row;
  const had = one("details").contains(document.activeElement);
  details.ending?.abort();
  details.key = "";
  one("details").hidden = true;
  one("log").replaceChildren();
  if (!row) return void (had && one("containers").focus());
  delete row.dataset.open;
  const name = row.querySelector("button.name");
  name.setAttribute("aria-expanded", "false");
  if (had) name.focus();
}

function showDetails({ status }, before) {
  showState(one("details-state"), status.state);
  const facts = [["Image", status.image.reference], ["Digest", status.image.digest?.slice(0, 26) || ""], ["Runtime id", status.id],
    ["Process", status.pid || ""], ["Network", status.network.mode], ["Created", wholeTime(status.createdAt)],
    ["Started", wholeTime(status.startedAt)], ["Finished", wholeTime(status.finishedAt)], ["Exit", status.exitCode === null ? "" : `${status.exitCode} (${status.exitReason})`],
    ["Restarts", status.restartCount || ""], ["Labels", Object.entries(status.labels).map((pair) => pair.join("=")).join(" ")],
    ["Error", [status.error?.detail, status.error?.runtime?.stderrTail].filter(Boolean).join("\n")]];
  const shown = facts.filter(([, value]) => value !== "" && value !== null);
  const text = shown.map((fact) => fact.join(" ")).join("\n");
  const list = one("facts");
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.replaceChildren(...shown.flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
  if (before && before !== "running" && before !== "paused" && status.state === "running") followLog(details.key);
}

function remark(text) {
  addToLog([element("div", text, { className: "remark" })]);
}

/** Who looks at the end goes on doing so; who has scrolled up is left in peace. */
function addToLog(shown) {
  const log = one("log");
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 30;
  log.append(...shown);
  while (log.childElementCount > MOST_LINES) log.firstElementChild.remove();
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

/** An element for what is told; nothing if it goes on with a line that is there, as long ones do. */
function lineOf(text) {
  const { time, stream, text: said, partial } = JSON.parse(text);
  const open = details.open[stream];
  details.open[stream] = partial ? open : null;
  if (open) return void open.append(said);
  const line = element("div", "", { className: stream });
  line.append(element("time", time.slice(0, 19).replace("T", " "), { dateTime: time }), said);
  if (partial) details.open[stream] = line;
  return line;
}

/** From the last lines on until it has stopped, or something else is looked at. */
async function followLog(key) {
  details.ending?.abort();
  const ending = new AbortController();
  details.ending = ending;
  const { signal } = ending;
  abortUnseen(ending);
  const leave = () => {
    if (signal.reason === "unseen") seen().then(() => details.ending === ending && followLog(key));
  };
  details.open = {};
  one("log").replaceChildren();
  for (;;) {
    const state = containers.get(key)?.status.state;
    try {
      if (!["pending", "fetching", "unpacking", "creating", "created", "failed"].includes(state)) {
        const answer = await ask("GET", `${pathOf(key)}/logs?follow&tail=1000`, { accept: "application/x-ndjson", signal });
        for await (const some of lines(answer)) {
          if (signal.aborted) return leave();
          addToLog(some.filter(Boolean).slice(-MOST_LINES).map(lineOf).filter(Boolean));
        }
        if (signal.aborted) return leave();
        return remark("It does not run any more.");
      }
    } catch (error) {
      if (signal.aborted) return leave();
      if (error.code !== "no-logs") return remark(`The log cannot be read: ${error.message}`);
    }
    await pause(1000);
    if (signal.aborted) return leave();
  }
}

one("close-details").addEventListener("click", closeDetails);
one("details").addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDetails();
});
one("log-times").addEventListener("change", (event) => one("log").classList.toggle("times", event.target.checked));
one("log-wrap").addEventListener("change", (event) => one("log").classList.toggle("wraps", event.target.checked));
