import { expect, test } from "vitest";
import { SpeedupMonitor, type Way } from "./speedup.ts";

const elements = 1000;

const [softmax, logSoftmax] = ["softmax", "logSoftmax"];

/**
 * Makes a monitor, and a function that makes calls of a kind, whose times depend on the way.
 *
 * @param elementsTogether how many elements of other calls have been computed together.
 */
function setUp(elementsTogether = 2e8) {
  const monitor = new SpeedupMonitor();
  monitor.note("sigmoid", "together", elementsTogether, 1);
  const call = (times: Record<Way, number>, kind = softmax): Way => {
    const way = monitor.wayOf(kind);
    monitor.note(kind, way, elements, times[way]);
    return way;
  };
  const calls = (count: number, times: Record<Way, number>, kind?: string) =>
    Array.from({ length: count }, () => call(times, kind));
  return { calls };
}

const four = (way: Way): Way[] => new Array(4).fill(way);

test("both ways are tried, and the faster one is taken", () => {
  const faster = { together: 0.6, alone: 1 };
  expect(setUp().calls(12, faster)).toEqual([
    ...four("together"),
    ...four("alone"),
    ...four("together"),
  ]);
  const slower = { together: 1, alone: 0.6 };
  expect(setUp().calls(12, slower)).toEqual([
    ...four("together"),
    ...four("alone"),
    ...four("alone"),
  ]);
});

test.each([
  ["together", { together: 0.5, alone: 1 }],
  ["alone", { together: 1, alone: 0.5 }],
] as const)("trials cost about a hundredth of the time where calls are faster %s", (way, times) => {
  const { calls } = setUp();
  const found = calls(20_000, times);
  const others = found.filter((one) => one !== way).length;
  expect(others).toBeGreaterThan(4);
  const lost = others * (1 - 0.5);
  expect(lost / (found.length * 0.5)).toBeLessThan(0.015);
});

test("a call during which the machine paused does not count", () => {
  const { calls } = setUp();
  calls(1, { together: 500, alone: 1 });
  calls(3, { together: 0.6, alone: 1 });
  calls(4, { together: 0.6, alone: 1 });
  expect(calls(1, { together: 0.6, alone: 1 })).toEqual(["together"]);
});

test("the first trial is repeated soon, because it tells less", () => {
  const { calls } = setUp();
  calls(8, { together: 2, alone: 1 });
  // Calls of 20 · 4 · (2 − 1) milliseconds; then the threads have loaded their code.
  expect(calls(80, { together: 0.5, alone: 1 }).slice(-1)).toEqual(["alone"]);
  calls(8, { together: 0.5, alone: 1 });
  expect(calls(1, { together: 0.5, alone: 1 })).toEqual(["together"]);
});

test("a trial that contradicts the one before is repeated soon", () => {
  const { calls } = setUp();
  const usual = { together: 0.5, alone: 1 };
  // A trial loses 4 · (1 − 0.5) = 2 milliseconds. Calls then take 20 times as long, and 100 times after the second trial.
  calls(8 + 80 + 8 + 400, usual);
  calls(8, { together: 2, alone: 1 });
  // The calls alone take 20 · 4 · (2 − 1) milliseconds.
  expect(calls(81, usual)).toEqual([...new Array(80).fill("alone"), "together"]);
});

test("trials are repeated soon while new threads lose", () => {
  const { calls } = setUp(2e8 - 100 * elements);
  const slow = { together: 2, alone: 1 };
  // After each trial, twelve calls alone take three times as long as the trial has lost.
  const round = [...four("together"), ...four("alone"), ...new Array(12).fill("alone")];
  expect(calls(40, slow)).toEqual([...round, ...round]);
  // 25 rounds have a hundred calls together. Then calls alone take twenty times as long as the trial has lost.
  calls(22 * 20 + 8, slow);
  expect(calls(80, slow)).toEqual(new Array(80).fill("alone"));
  expect(calls(8, { together: 0.5, alone: 1 })).toEqual([...four("together"), ...four("alone")]);
});

test("trials are repeated soon while new threads win: they cannot become slower", () => {
  const { calls } = setUp(2e8 - 1000 * elements);
  const times = { together: 0.5, alone: 1 };
  // After each trial, calls together take twenty times as long as the trial has lost.
  const round = [...four("together"), ...four("alone"), ...new Array(80).fill("together")];
  expect(calls(176, times)).toEqual([...round, ...round]);
});

test("the way changes with the machine, after calls of 5 seconds at most", () => {
  const { calls } = setUp();
  calls(8, { together: 100, alone: 500 });
  calls(50, { together: 100, alone: 500 });
  calls(8, { together: 100, alone: 500 });
  expect(calls(50, { together: 100, alone: 500 })).toEqual(new Array(50).fill("together"));
  const changed = { together: 500, alone: 100 };
  calls(8, changed);
  expect(calls(1, changed)).toEqual(["alone"]);
});

test("kinds of calls are independent", () => {
  const { calls } = setUp();
  calls(8, { together: 1, alone: 0.5 }, softmax);
  calls(8, { together: 0.5, alone: 1 }, logSoftmax);
  expect(calls(1, { together: 1, alone: 0.5 }, softmax)).toEqual(["alone"]);
  expect(calls(1, { together: 0.5, alone: 1 }, logSoftmax)).toEqual(["together"]);
});
