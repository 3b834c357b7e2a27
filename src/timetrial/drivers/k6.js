// Usage: k6 run -e PLAN=plan.json k6.js
// The plan says what is sent and when the window opens; the result goes to the file that it names.
// A request belongs to the window if it is sent inside it: only those are tagged so.
import encoding from "k6/encoding";
import exec from "k6/execution";
import http from "k6/http";
import { Counter, Trend } from "k6/metrics";
import { randomSeed, sleep } from "k6";

const plan = JSON.parse(open(__ENV.PLAN));
const IN_WINDOW = "window";
const OUTSIDE = "outside";
const TIMED_OUT = 1050;
const CONNECT_ERRORS = [1210, 1213];
const RESET_ERRORS = [1201, 1220];
const ERRORS_END = 1400;

const requests = plan.requests.map((request, step) => ({
  ...request,
  content: request.content === null ? null : encoding.b64decode(request.content),
  pattern: request.expect.pattern === null ? null : new RegExp(request.expect.pattern),
  params: {
    headers: request.headers,
    redirects: 0,
    timeout: plan.timeout,
    responseType: request.response_type,
  },
  counters: counters(step),
  step: String(step),
}));
const completions = new Counter("tt_completions");
const connects = new Trend("tt_connecting", true);
const iterations = new Trend("tt_iteration", true);

export const options = plan.options;

function counters(step) {
  const found = {};
  for (const phase of [IN_WINDOW, OUTSIDE]) {
    found[phase] = {};
    for (const outcome of plan.outcomes) {
      found[phase][outcome] = new Counter(`tt_${phase}_${step}_${outcome}`);
    }
  }
  return found;
}

export function setup() {
  const began = Date.now();
  return { began, opens: began + plan.lead_in_ms, closes: began + plan.lead_in_ms + plan.window_ms };
}

export function turn(window) {
  send(requests[exec.scenario.iterationInTest % requests.length], window);
}

let seeded = false;

export function user(window) {
  if (!seeded) {
    randomSeed(plan.seed + exec.vu.idInTest);
    seeded = true;
  }
  const began = Date.now();
  exec.vu.metrics.tags.phase = phaseAt(began, window);
  for (const [step, request] of requests.entries()) {
    send(request, window);
    if (step === requests.length - 1) {
      if (phaseAt(began, window) === IN_WINDOW) {
        iterations.add(Date.now() - began);
      }
    }
    const left = window.closes - Date.now();
    sleep(Math.min(thought(plan.think[step]), Math.max(0, left) / 1000));
    if (Date.now() >= window.closes) {
      return;
    }
  }
}

function thought(think) {
  if (think.mean_s !== null) {
    return -Math.log(1 - Math.random()) * think.mean_s;
  }
  return think.high_s === null
    ? think.low_s
    : think.low_s + Math.random() * (think.high_s - think.low_s);
}

function phaseAt(now, window) {
  return now >= window.opens && now < window.closes ? IN_WINDOW : OUTSIDE;
}

function send(request, window) {
  const phase = phaseAt(Date.now(), window);
  const tags = { phase, step: request.step };
  const response = http.request(request.method, request.url, request.content, {
    ...request.params,
    tags,
  });
  const outcome = judge(response, request);
  request.counters[phase][outcome].add(1);
  if (outcome === "ok" && phaseAt(Date.now(), window) === IN_WINDOW) {
    completions.add(1);
  }
  if (response.timings.connecting > 0) {
    connects.add(response.timings.connecting);
  }
}

function judge(response, request) {
  const code = response.error_code;
  if (code > 0 && code < ERRORS_END) {
    return failure(code, response.error);
  }
  if (request.expect.status !== null && response.status !== request.expect.status) {
    return "wrong_status";
  }
  return isRight(response.body, request) ? "ok" : "wrong_body";
}

function failure(code, said) {
  if (code === TIMED_OUT) {
    return "timeout";
  }
  if (code >= CONNECT_ERRORS[0] && code <= CONNECT_ERRORS[1]) {
    return "connect_failed";
  }
  if (RESET_ERRORS.includes(code)) {
    return "reset";
  }
  if (/EOF|closed/.test(said)) {
    return "closed_early";
  }
  return /malformed/.test(said) ? "malformed" : "other";
}

function isRight(body, request) {
  const expect = request.expect;
  const text = body === null ? "" : body;
  if (expect.body !== null) {
    return text === expect.body;
  }
  if (request.pattern !== null) {
    return request.pattern.test(text);
  }
  const bytes = body === null ? 0 : body.byteLength;
  return expect.body_bytes === null || bytes === expect.body_bytes;
}

export function handleSummary(data) {
  return { [plan.result]: JSON.stringify({ window: data.setup_data, metrics: data.metrics }) };
}
