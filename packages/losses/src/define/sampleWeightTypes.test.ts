import { logSumExp } from "@surprisal/core";
import { expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { mseLoss } from "../mseLoss/mseLoss.ts";
import type { SampleWeight } from "./defineLoss.ts";

const shape = [2, 2];
// The compiler checks that the types allow each container, and the test that the functions do.
const masks: readonly (readonly [name: string, SampleWeight])[] = [
  [
    "nested booleans",
    [
      [true, false],
      [false, true],
    ],
  ],
  [
    "nested bigints",
    [
      [1n, 0n],
      [0n, 1n],
    ],
  ],
  [
    "booleans and numbers",
    [
      [true, 0],
      [0n, 1],
    ],
  ],
  ["rows of bytes", [new Uint8Array([1, 0]), new Uint8Array([0, 1])]],
  ["rows of floats", [new Float32Array([1, 0]), new Float32Array([0, 1])]],
  ["rows of bigints", [new BigInt64Array([1n, 0n]), new BigInt64Array([0n, 1n])]],
  ["a tensor of booleans", { data: [true, false, false, true], shape }],
  ["booleans with dims", { data: [true, false, false, true], dims: shape }],
  [
    "booleans with strides",
    { data: [false, true, false, false, true], shape, strides: [2, 1], offset: 1 },
  ],
  ["booleans or bytes", { data: [true, false, false, true] as boolean[] | Uint8Array, shape }],
  ["a tensor of bytes", { data: new Uint8Array([1, 0, 0, 1]), dims: shape, type: "bool" }],
  [
    "a tensor of bigints",
    { data: new BigInt64Array([1n, 0n, 0n, 1n]), dims: shape, type: "int64" },
  ],
];

it.each(masks)("sampleWeight is %s", (_, sampleWeight) => {
  const input = [
    [1, 2],
    [3, 4],
  ];
  expect(
    mseLoss(
      input,
      [
        [0, 0],
        [0, 0],
      ],
      { sampleWeight },
    ),
  ).toBe(8.5);
  expect(
    mseLoss(
      input,
      [
        [0, 0],
        [0, 0],
      ],
      { weight: sampleWeight },
    ),
  ).toBe(8.5);
  expect(
    logSumExp(
      [
        [0, 9],
        [9, 1],
      ],
      { weights: sampleWeight },
    ),
  ).toEqual([0, 1]);
  const logits = [
    [
      [0, 0],
      [9, 0],
    ],
    [
      [9, 0],
      [0, 0],
    ],
  ];
  expect(
    crossEntropy(
      logits,
      [
        [0, 1],
        [1, 0],
      ],
      { sampleWeight },
    ),
  ).toBe(Math.LN2);
});

it("refuses an array of numbers as data", () => {
  // @ts-expect-error: numbers need a typed array
  const numbers: SampleWeight = { data: [1, 0], shape: [2] };
  expect(() => mseLoss([1, 2], [0, 0], { sampleWeight: numbers })).toThrow("Float32Array.from");
});
