// Runs the conformance checks in Node, Bun or Deno, and prints their report as JSON.
import { conformance } from "./conformance.mjs";

console.log(JSON.stringify(await conformance()));
