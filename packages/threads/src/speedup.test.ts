import { expect, test } from "vitest";
import { SpeedupMonitor } from "./speedup.ts";

/** Returns a monitor whose clock is set by hand. */
function monitorAt(clock: { time: number }) {
  return new SpeedupMonitor(() => clock.time);
}

function noteCalls(monitor: SpeedupMonitor, count: number, alone: number, time: number): void {
  for (let i = 0; i < count; i++) monitor.note(alone, time);
}

test("calls that gain time are never skipped", () => {
  const monitor = monitorAt({ time: 0 });
  noteCalls(monitor, 100, 2, 1.2);
  expect(monitor.isCallSkipped()).toBe(false);
});

test("four calls that lose time are followed by a hundred times that time without a trial", () => {
  const clock = { time: 10 };
  const monitor = monitorAt(clock);
  noteCalls(monitor, 3, 0.5, 1);
  expect(monitor.isCallSkipped()).toBe(false);
  noteCalls(monitor, 1, 0.5, 1);
  expect(monitor.isCallSkipped()).toBe(true);
  clock.time += 199;
  expect(monitor.isCallSkipped()).toBe(true);
  clock.time += 2;
  expect(monitor.isCallSkipped()).toBe(false);
});

test("a call that is late once is outweighed by those that gain time", () => {
  const monitor = monitorAt({ time: 0 });
  noteCalls(monitor, 1, 1, 2);
  noteCalls(monitor, 3, 1, 0.6);
  expect(monitor.isCallSkipped()).toBe(false);
});

test("small calls that lose microseconds do not hold up large ones for long", () => {
  const clock = { time: 0 };
  const monitor = monitorAt(clock);
  noteCalls(monitor, 4, 0.05, 0.06);
  clock.time += 5;
  expect(monitor.isCallSkipped()).toBe(false);
});

test("after a long pause of the machine, the next trial is at most a second away", () => {
  const clock = { time: 0 };
  const monitor = monitorAt(clock);
  noteCalls(monitor, 4, 1, 500);
  clock.time += 1001;
  expect(monitor.isCallSkipped()).toBe(false);
});
