import { expect, test } from "vitest";
import type { Implementation } from "./implementations/implementation.ts";
import { listCases, runCase } from "./runCase.ts";
import { makePlan } from "./sections.ts";

function fakeImplementation(name: string, values: readonly number[]): Implementation {
  const task = { time: (iterations: number) => 1000 * iterations, answer: () => ({ values }) };
  return { name, version: "1", kind: "JavaScript", overhead: "", prepare: () => task };
}

const { sections } = makePlan(true, [[1, 2]]);
const sampling = { rounds: 3, warmUpMilliseconds: 0, sampleMilliseconds: 0 };

test("filters match section, operation, shape and implementation, and all filters must match", () => {
  const all = [fakeImplementation("one", []), fakeImplementation("another", [])];
  const found = (...filters: string[]) =>
    listCases(sections, all, filters).map(
      ({ section, operation, implementations }) =>
        `${section.name}: ${operation} by ${implementations.length}`,
    );
  expect(found("SPEED", "1x2", "softmax")).toEqual([
    "speed: softmax by 2",
    "speed: logSoftmax by 2",
  ]);
  expect(found("speed", "cross-entropy with", "another")).toEqual([
    "speed: crossEntropyGradient by 1",
  ]);
  expect(found("no such name")).toEqual([]);
});

test("a wrong answer is marked and timed, and an error is a failure", async () => {
  const broken: Implementation = {
    ...fakeImplementation("broken", []),
    prepare() {
      throw new Error("cannot");
    },
  };
  const wrong = fakeImplementation("wrong", [0.5, Number.NaN]);
  const short = fakeImplementation("short", []);
  const [first] = listCases(sections, [wrong, short, broken], ["speed", "softmax"]);
  const { results, failures } = await runCase(first, sampling);
  expect(results).toMatchObject([
    { implementation: "wrong", ulp: Number.POSITIVE_INFINITY, wrong: true },
    { implementation: "short", ulp: Number.POSITIVE_INFINITY, wrong: true },
  ]);
  expect(results[0].times.median).toBe(1000);
  expect(failures).toMatchObject([{ implementation: "broken", reason: "Error: cannot" }]);
});
