import { expect, test } from "vitest";
import { measure, rounds } from "./measure.ts";

test("in each round everyone has one turn, in ever other orders, the same every time", () => {
  const orders = rounds(6, 20);
  expect(orders).toHaveLength(20);
  for (const order of orders) expect(order.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  expect(new Set(orders.map(String)).size).toBeGreaterThan(15);
  expect(rounds(6, 20)).toEqual(orders);
});

test("turns are interleaved, and each has as many calls as the warm-up found to fill it", async () => {
  const effort = { rounds: 3, warmUpMilliseconds: 8, turnMilliseconds: 4 };
  const turns: [number, number][] = [];
  const contestants = [1, 2, 8].map((milliseconds, i) => ({
    time(repeats: number) {
      turns.push([i, repeats]);
      return repeats * milliseconds * 1e6;
    },
  }));
  const times = await measure(contestants, effort);

  expect(times.map(({ median }) => median)).toEqual([1e6, 2e6, 8e6]);
  expect(times.map(({ repeats }) => repeats)).toEqual([4, 2, 1]);
  const raced = turns.slice(-9);
  const order = rounds(3, 3).flat();
  expect(raced).toEqual(order.map((i) => [i, [4, 2, 1][i]]));
});
