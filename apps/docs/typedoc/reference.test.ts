import { readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { holds, runExample } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { containerTable } from "./containers.ts";
import type { FunctionApi } from "./functionApi.ts";
import { shapesSection } from "./shapes.ts";

const modules = {
  "@surprisal/core": core,
  "@surprisal/evaluation": evaluation,
  "@surprisal/language": language,
  "@surprisal/losses": losses,
};

const functions: FunctionApi[] = JSON.parse(
  readFileSync(new URL("../reference/functions.json", import.meta.url), "utf8"),
);

describe("the shapes in the reference", () => {
  it("are given for every loss but those of whole tensors, and for every function of core with options", () => {
    // The shapes of whole tensors follow no rule. The descriptions of the arguments have them, and some pages a table.
    const lacking = functions.filter(
      (api) =>
        api.kind !== "batch" &&
        (api.kind !== "function" || api.module === "@surprisal/core") &&
        shapesSection(api) === undefined,
    );
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  it.each(functions.filter((api) => shapesSection(api)))(
    "of $name are those of a call",
    async (api) => {
      const code = shapesSection(api)?.match(/```ts\n([\s\S]*)\n```/)?.[1] ?? "";
      const claims = await runExample({ line: 0, code }, modules);
      expect(claims.length).toBe(
        api.kind === "function" ? 1 : code.includes("probabilities") ? 3 : 2,
      );
      for (const claim of claims) expect(claim).toSatisfy(holds);
    },
  );
});

describe("the table of containers", () => {
  const { crossEntropy, mseLoss } = losses;
  const { logSumExp, softmax, tensor } = core;
  const matrix = () => tensor(new Float32Array(6), [2, 3]);
  const passed = {
    "`number`": 1,
    "`number[]`": [1, 2, 3],
    "`number[][]`": [
      [1, 2, 3],
      [4, 5, 6],
    ],
    "`Float32Array`": new Float32Array(3),
    "`Float32Array[]`": [new Float32Array(3), new Float32Array(3)],
    "a tensor, of another library too": matrix(),
  };

  /** Returns the name of a container as the table has it. */
  function nameOf(value: unknown): string {
    if (Array.isArray(value)) return `${nameOf(value[0])}[]`;
    if (typeof value === "number") return "number";
    if (ArrayBuffer.isView(value)) return value.constructor.name;
    return (value as { shape: number[] }).shape.length === 2
      ? "Tensor of its shape"
      : "Tensor without that axis";
  }

  it.each(Object.entries(passed))("is true for %s", (name, value) => {
    const table = containerTable({ same: "sameShape", less: "reduced" });
    const row = table.split("\n").find((line) => line.startsWith(`| ${name} |`)) ?? "";
    const [, same, less] = row.split(" | ").map((cell) => cell.replace(/[`|]/g, "").trim());
    expect(nameOf(mseLoss(value as number, value as number, { reduction: "none" }))).toBe(same);
    expect(nameOf(logSumExp(value as number[]))).toBe(less);
    if (name === "`number`") return;
    expect(nameOf(softmax(value as number[]))).toBe(same);
    const rows = name.includes("[][]") || name.includes("Array[]") || name.includes("tensor");
    const target = rows ? [0, 1] : 0;
    expect(nameOf(crossEntropy(value as number[], target, { reduction: "none" }))).toBe(less);
    expect(nameOf(crossEntropy.valueAndGrad(value as number[], target).grad)).toBe(same);
  });
});
