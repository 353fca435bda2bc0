import { expect, test } from "vitest";
import { measure, shuffledRounds } from "./measure.ts";

test("each round has every implementation once, in changing orders, the same in each run", () => {
  const orders = shuffledRounds(6, 20);
  expect(orders).toHaveLength(20);
  for (const order of orders) expect(order.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(new Set(orders.map(String)).size).toBeGreaterThan(15);
  expect(shuffledRounds(6, 20)).toEqual(orders);
});

test("samples are interleaved, and the warm-up finds the number of calls that fill one", async () => {
  const plan = { rounds: 3, warmUpMilliseconds: 8, sampleMilliseconds: 4 };
  const calls: [index: number, iterations: number][] = [];
  const timeables = [1, 2, 8].map((milliseconds, i) => ({
    time(iterations: number) {
      calls.push([i, iterations]);
      return iterations * milliseconds * 1e6;
    },
  }));
  const times = await measure(timeables, plan);

  expect(times.map(({ median }) => median)).toEqual([1e6, 2e6, 8e6]);
  expect(times.map(({ iterations }) => iterations)).toEqual([4, 2, 1]);
  const order = shuffledRounds(3, 3).flat();
  expect(calls.slice(-9)).toEqual(order.map((i) => [i, [4, 2, 1][i]]));
});

test("the warm-up goes on until a coarse clock shows some time", async () => {
  const tick = 1e5;
  const time = (iterations: number) => Math.floor((iterations * 10) / tick) * tick;
  const plan = { rounds: 1, warmUpMilliseconds: 0, sampleMilliseconds: 0.2 };
  const [{ iterations, median }] = await measure([{ time }], plan);
  expect(iterations).toBeGreaterThanOrEqual(2 ** 14);
  expect(median).toBeGreaterThan(0);
});
