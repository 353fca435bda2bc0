import { expect, test } from "vitest";
import type { Contestant } from "./contestants/contestant.ts";
import { heatsOf, race } from "./race.ts";
import { planOf } from "./sections.ts";

function contestant(name: string, values: readonly number[]): Contestant {
  const task = { time: (repeats: number) => 1000 * repeats, answer: () => ({ values }) };
  return { name, version: "1", kind: "JavaScript", times: "", prepare: () => task };
}

const { sections } = planOf(true, [[1, 2]]);
const effort = { rounds: 3, warmUpMilliseconds: 0, turnMilliseconds: 0 };

test("filters are of section, operation, shape and contestant, and all must match", () => {
  const contestants = [contestant("one", []), contestant("another", [])];
  const found = (...filters: string[]) =>
    heatsOf(sections, contestants, filters).map(
      (heat) => `${heat.section.name}: ${heat.operation} by ${heat.contestants.length}`,
    );
  expect(found("SPEED", "1x2", "softmax")).toEqual([
    "speed: softmax by 2",
    "speed: logSoftmax by 2",
  ]);
  expect(found("speed", "cross-entropy with", "another")).toEqual([
    "speed: crossEntropyGradient by 1",
  ]);
  expect(found("nobody")).toEqual([]);
});

test("a wrong answer is told and timed, a failure is told", async () => {
  const broken: Contestant = {
    ...contestant("broken", []),
    prepare() {
      throw new Error("cannot");
    },
  };
  const contestants = [contestant("wrong", [0.5, Number.NaN]), contestant("short", []), broken];
  const [heat] = heatsOf(sections, contestants, ["speed", "softmax"]);
  const { results, failures } = await race(heat, effort);
  expect(results.map(({ contestant, ulp, wrong }) => ({ contestant, ulp, wrong }))).toEqual([
    { contestant: "wrong", ulp: Number.POSITIVE_INFINITY, wrong: true },
    { contestant: "short", ulp: Number.POSITIVE_INFINITY, wrong: true },
  ]);
  expect(results[0].times.median).toBe(1000);
  expect(failures).toMatchObject([{ contestant: "broken", reason: "Error: cannot" }]);
});
