// SPDX-License-Identifier: Apache-2.0
// parts: what all lists share: elements, numbers and times as words, problems, questions.
"use strict";

const one = (id) => document.getElementById(id);
const fresh = (id) => one(id).content.firstElementChild.cloneNode(true);

/** Texts of others only ever become text: nothing here, or anywhere, makes markup of them. */
function element(kind, text, properties = {}) {
  const made = document.createElement(kind);
  made.textContent = text ?? "";
  return Object.assign(made, properties);
}

/** Sets only what differs, so that who looks or listens is not disturbed. */
function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
function setLabel(target, text) {
  if (target.getAttribute("aria-label") !== text) target.setAttribute("aria-label", text);
}
/** A button that can do nothing now keeps its place and its focus. */
function enable(button, is) {
  if (is) button.removeAttribute("aria-disabled");
  else button.setAttribute("aria-disabled", "true");
}
const isEnabled = (button) => button.getAttribute("aria-disabled") !== "true";

function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (number >= 999.5 && at < units.length - 1) {
    number /= 1000;
    at += 1;
  }
  return `${at === 0 || number >= 99.5 ? Math.round(number) : number.toFixed(1)}\u00a0${units[at]}`;
}

function percent(number) {
  return `${number < 9.95 ? number.toFixed(1) : Math.round(number)}\u00a0%`;
}

function ago(time) {
  const seconds = Math.max(0, (Date.now() - time) / 1000);
  for (const [size, unit] of [[86400, "d"], [3600, "h"], [60, "min"]])
    if (seconds >= size) return `${Math.floor(seconds / size)}\u00a0${unit}`;
  return "just now";
}

const wholeTime = (text) => (text ? new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" }) : "");

/** A point in time as an age; the whole of it for who points at it. */
function showTime(target, text) {
  const time = text ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) {
    setText(target, "–");
    target.removeAttribute("datetime");
    target.removeAttribute("title");
    return;
  }
  setText(target, ago(time));
  if (target.dateTime === text) return;
  target.dateTime = text;
  target.title = wholeTime(text);
}

/** For who does not see the page. What comes within a moment is said in one go. */
const announce = (() => {
  let waiting = [];
  return (text) => {
    waiting.push(text);
    if (waiting.length > 1) return;
    setTimeout(() => {
      one("announcement").textContent = waiting.slice(-5).join(". ");
      waiting = [];
    }, 150);
  };
})();

/** Why something did not work; stays until it is dismissed. what: "web cannot be paused". */
function showProblem(what, error) {
  if (error.name === "AbortError" || error.code === "bad-token") return;
  const known = error instanceof Problem ? error.document : {};
  const shown = fresh("problem");
  shown.querySelector("strong").textContent = what;
  const detail = error instanceof Problem ? error.message : "the service does not answer";
  shown.querySelector("p").textContent = detail;
  const faults = shown.querySelector("ul");
  for (const fault of known.errors || []) faults.append(element("li", `${fault.pointer} ${fault.detail}`));
  faults.hidden = !faults.childElementCount;
  const said = shown.querySelector("pre");
  said.textContent = known.runtime?.stderrTail?.trim() || "";
  said.hidden = !said.textContent;
  const button = shown.querySelector("button");
  button.setAttribute("aria-label", `Dismiss: ${what}`);
  button.addEventListener("click", () => {
    const next = shown.nextElementSibling || shown.previousElementSibling;
    shown.remove();
    (next ? next.querySelector("button") : one("containers")).focus();
  });
  const all = one("problems");
  all.append(shown);
  while (all.childElementCount > 3) all.firstElementChild.remove();
}

/** Before what cannot be taken back. */
let answerQuestion = () => {};
function confirmed(title, text, act) {
  const dialog = one("confirm");
  setText(one("confirm-title"), title);
  setText(one("confirm-text"), text);
  setText(one("confirm-yes"), act);
  dialog.showModal();
  one("confirm-no").focus();
  return new Promise((answer) => {
    answerQuestion = (is) => {
      answerQuestion = () => {};
      dialog.close();
      answer(is);
    };
  });
}
one("confirm-yes").addEventListener("click", () => answerQuestion(true));
one("confirm-no").addEventListener("click", () => answerQuestion(false));
one("confirm").addEventListener("close", () => {
  if (!one("confirm").open) answerQuestion(false); // by Escape; told a while later
});

/** When what had the focus goes, its neighbour gets it. */
function removeRow(row, otherwise) {
  const had = row.contains(document.activeElement);
  const next = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  if (had) (next?.querySelector("button") || otherwise).focus();
}

/** Rows are in the order of their keys; rows: a Map of them, key to {row}. */
function insertRow(body, rows, key, entry) {
  const after = [...rows.keys()].filter((other) => other > key).sort()[0];
  body.insertBefore(entry.row, after === undefined ? null : rows.get(after).row);
  rows.set(key, entry);
}

const most = (list) => list.reduce((largest, each) => Math.max(largest, each), 0);
const SAMPLES = 60;

/** The last SAMPLES numbers as a line, the newest at the right; floor: the least that fills the height. */
function draw(figure, numbers, floor) {
  const top = Math.max(floor, most(numbers) * 1.15);
  const points = numbers.map((number, at) => {
    const x = 100 - ((numbers.length - 1 - at) * 100) / (SAMPLES - 1);
    return `${x.toFixed(1)} ${(23 - (number / top) * 22).toFixed(1)}`;
  });
  const line = points.length > 1 ? `M${points.join("L")}` : "";
  figure.querySelector(".line").setAttribute("d", line);
  figure.querySelector(".area").setAttribute("d", line && `${line}L100 24L${points[0].split(" ")[0]} 24Z`);
}
