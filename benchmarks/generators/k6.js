import http from "k6/http";

export const options = {
  vus: Number(__ENV.CONNECTIONS),
  duration: __ENV.DURATION,
  discardResponseBodies: true,
};

export default function () {
  http.get(__ENV.URL);
}

export function handleSummary(data) {
  return { stdout: JSON.stringify(data.metrics.http_req_failed.values) };
}
