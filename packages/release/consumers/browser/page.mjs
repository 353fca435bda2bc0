// Runs the conformance checks in a page and in a worker, posts both reports to the server that the
// page came from, and goes on to the page that the server names.
import { conformance } from "./conformance.mjs";

async function inWorker() {
  if (location.pathname.includes("/native/")) return undefined;
  const worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
  return new Promise((answer) => {
    worker.onmessage = ({ data }) => answer(data);
    worker.onerror = ({ message }) => answer({ failure: `the worker failed: ${message}` });
  });
}

async function run() {
  const isolated = globalThis.crossOriginIsolated;
  const page = await conformance().catch((error) => ({ failure: String(error) }));
  const worker = await inWorker().catch((error) => ({ failure: String(error) }));
  const body = JSON.stringify({ path: location.pathname, isolated, page, worker });
  const response = await fetch("/results", { method: "POST", body });
  const { next } = await response.json();
  if (next) location.href = next;
}

run();
