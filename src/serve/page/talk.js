// SPDX-License-Identifier: Apache-2.0
// talk: requests to the service, with the token, and streams that are read as they come.
"use strict";

const TOKEN = "oci-rt-token";

/** The token comes behind "#", which browsers send to nobody, and does not stay in the address. */
function takeToken() {
  const found = /^#token=(.+)$/.exec(location.hash);
  if (!found) return false;
  history.replaceState(null, "", location.pathname);
  try {
    sessionStorage.setItem(TOKEN, decodeURIComponent(found[1]));
  } catch {
    return false;
  }
  return true;
}

/** What the service said no with: an object of RFC 9457. */
class Problem extends Error {
  constructor(document, status) {
    super(document.detail || document.title || `the service answered ${status}`);
    this.document = document;
    this.status = status;
    this.code = document.code || "";
  }
}

/** body: an object, which is sent as JSON. Yields a response that is well, or throws a Problem. */
async function ask(method, path, { body, accept, prefer, signal } = {}) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (accept) headers.Accept = accept;
  if (prefer) headers.Prefer = prefer;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  // Not mode "same-origin": with it, and without a referrer, Origin would be "null".
  const response = await fetch(path, {
    method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store", credentials: "omit", redirect: "error",
  });
  if (response.ok) return response;
  const problem = new Problem(await response.json().catch(() => ({})), response.status);
  throw problem;
}

const getJson = async (path, options) => (await ask("GET", path, options)).json();

/** Texts, one after the other, as they arrive. */
async function* pieces(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Whole lines: all that have arrived at once, so that they can be shown at once. */
async function* lines(response) {
  let rest = "";
  for await (const piece of pieces(response)) {
    const whole = (rest + piece).split("\n");
    rest = whole.pop();
    if (whole.length) yield whole;
  }
  if (rest) yield [rest];
}

/** Events of a stream: {kind, data}; {kind: ""} for what only says that somebody is there. */
async function* happenings(response) {
  let kind = "";
  let data = "";
  for await (const some of lines(response)) {
    for (const line of some) {
      if (line.startsWith("event: ")) kind = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
      else if (line.startsWith(":")) yield { kind: "", data: null };
      else if (line === "" && kind) {
        yield { kind, data: JSON.parse(data) };
        kind = data = "";
      }
    }
  }
}

/** When somebody looks at this tab. One that is not seen keeps no connection: all tabs share the few there may be. */
function seen() {
  if (!document.hidden) return Promise.resolve();
  return new Promise((go) => {
    const look = () => {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      go();
    };
    document.addEventListener("visibilitychange", look);
  });
}

/** Aborts when nobody has looked at this tab for a while, or when `ending` does. */
const UNSEEN = 5000;
function abortUnseen(ending) {
  let timer = 0;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => ending.abort("unseen"), UNSEEN);
  };
  document.addEventListener("visibilitychange", look);
  ending.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  });
  look();
}

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));
