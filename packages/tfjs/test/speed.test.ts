import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import speed from "../bench/speed.json" with { type: "json" };

const page = readFileSync(
  new URL("../../../docs/how-to/train-with-tensorflow-js.md", import.meta.url),
  "utf8",
);

it("the page has the numbers that were measured", () => {
  const { wasm, cpu } = speed.milliseconds;
  expect(page).toContain(
    `${speed.machine}; Node ${speed.node.slice(1)}; TensorFlow.js ${speed.tensorflow}.`,
  );
  for (const name of Object.keys(wasm) as (keyof typeof wasm)[]) {
    const [call, detail] = name.split(", ");
    const label = detail === undefined ? `\`${call}\`` : `\`${call}\`, ${detail}`;
    expect(page).toContain(`| ${label} | ${wasm[name]} | ${cpu[name]} |`);
  }
});
