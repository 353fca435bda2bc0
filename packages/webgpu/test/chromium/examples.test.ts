import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { holds } from "@surprisal/testing";
import { expect, it } from "vitest";
import { openPage } from "./openPage.ts";

const folder = new URL("../../examples/", import.meta.url);
const { resolve } = createRequire(import.meta.url);

const onnxWasm = "ort-wasm-simd-threaded.asyncify.wasm";
/** The files that examples load. */
const files = {
  [onnxWasm]: resolve(`onnxruntime-web/${onnxWasm}`),
  "linear.onnx": fileURLToPath(new URL("../../../interop/models/linear.onnx", import.meta.url)),
};

/** Returns what an example prints in each line, and what the comment beside that line claims. */
function readClaims(example: string) {
  const code = readFileSync(new URL(example, folder), "utf8");
  return [...code.matchAll(/^console\.log\((.*)\); \/\/ (.*)$/gm)].map(
    ([, expression, claimed]) => ({ expression, claimed }),
  );
}

it.each(globSync("*.ts", { cwd: folder }))("%s prints what it says", async (example) => {
  const claims = readClaims(example);
  expect(claims).toHaveLength(2);
  const { printed, close } = await openPage(`../../examples/${example}`, files);
  await close();
  expect(printed).toHaveLength(claims.length);
  const wrong = claims
    .map((claim, i) => ({ ...claim, value: printed[i] }))
    .filter((claim) => !holds(claim));
  expect(wrong).toEqual([]);
});
