// Runs the conformance checks in a module worker.
import { conformance } from "./conformance.mjs";

conformance().then(
  (report) => postMessage(report),
  (error) => postMessage({ failure: String(error) }),
);
