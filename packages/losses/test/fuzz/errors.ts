import * as core from "@surprisal/core";
import * as fc from "fast-check";
import { elementTypes, flatten, show } from "./arrays.ts";
import { type Case, cases, elementwiseCalls, isLoss } from "./cases.ts";
import { buildArguments, Failure, functionNamed } from "./check.ts";
import { type Plan, plan } from "./plan.ts";
import { product } from "./values.ts";

/** The arguments of a call, which a fault may change. */
interface Call {
  readonly list: unknown[];
  readonly options: Record<string, unknown>;
}

/** Makes a right call wrong; returns false if the fault is none for this call. */
type Fault = (call: Call, c: Case, planned: Plan) => boolean;

const setOption =
  (name: string, value: unknown, applies = (_: Case): boolean => true): Fault =>
  ({ options }, c) => {
    options[name] = value;
    return applies(c);
  };

const setArgument =
  (index: number, value: unknown): Fault =>
  ({ list }, _, { args }) => {
    list[index] = value;
    return index < args.length;
  };

const hasAxis = ({ call }: Case) => !elementwiseCalls.includes(call);
const hasTemperature = ({ call }: Case) => call === "softmax" || call === "logSoftmax";
const hasIndices = (c: Case) => isLoss(c.call) && c.target === "indices";

/** Replaces one class index by a number that is none. */
const setIndex =
  (value: (classes: number) => number): Fault =>
  ({ list, options }, c, { args }) => {
    const target = args[1];
    const isPossible = hasIndices(c) && target.values.length > 0;
    if (!isPossible) return false;
    const index = value(c.shape[c.axes[0]]);
    const values = target.values.slice();
    values[c.seed % values.length] = index;
    list[1] = { data: values, shape: target.shape };
    delete options.sampleWeight;
    return index !== (options.ignoreIndex ?? -100);
  };

/** Every way to call wrongly. */
const faults: Record<string, Fault> = {
  unknownOption: setOption("unknown", 1),
  axisTooLarge: setOption("axis", 9, hasAxis),
  axisFraction: setOption("axis", 0.5, hasAxis),
  axisText: setOption("axis", "0", hasAxis),
  axisNull: setOption("axis", null, hasAxis),
  temperatureZero: setOption("temperature", 0, hasTemperature),
  temperatureNan: setOption("temperature", Number.NaN, hasTemperature),
  temperatureText: setOption("temperature", "1", hasTemperature),
  whenEmpty: setOption("whenEmpty", "none", (c) => hasTemperature(c) || isLoss(c.call)),
  reduction: setOption("reduction", "average", (c) => isLoss(c.call)),
  smoothingAboveOne: setOption("labelSmoothing", 1.5, (c) => isLoss(c.call)),
  smoothingNan: setOption("labelSmoothing", Number.NaN, (c) => isLoss(c.call)),
  ignoreIndexText: setOption("ignoreIndex", "-100", (c) => isLoss(c.call)),
  weightTooLong: ({ options }, c) => {
    options.weight = [1, ...Array.from({ length: c.shape[c.axes[0]] }, () => 1)];
    return isLoss(c.call);
  },
  gradOutputShape: setOption("gradOutput", [[[[[[1]]]]]], ({ call }) => call.includes("Grad")),
  gradOutputText: setOption("gradOutput", "1", ({ call }) => call.includes("Grad")),
  outIsNumber: setOption("out", 1),
  outIsText: setOption("out", "out"),
  outIsIntegers: ({ options }, c) => {
    options.out = { data: new Int32Array(product(c.shape)), shape: [...c.shape] };
    return true;
  },
  outShape: ({ options }, c) => {
    options.out = { data: new Float32Array(product(c.shape) * 7), shape: [...c.shape, 7] };
    return product(c.shape) > 0;
  },
  outBounds: ({ options }, c) => {
    options.out = { data: new Float32Array(1), shape: [...c.shape], offset: 1 };
    return product(c.shape) > 0;
  },
  inputUndefined: setArgument(0, undefined),
  inputNull: setArgument(0, null),
  inputText: setArgument(0, "1"),
  inputSet: setArgument(0, new Set([1])),
  inputBuffer: setArgument(0, new ArrayBuffer(8)),
  inputIntegers: setArgument(0, Int32Array.of(1, 2)),
  inputRagged: setArgument(0, [[1, 2], [3]]),
  inputHoley: setArgument(0, new Array(3)),
  inputWithText: setArgument(0, [1, "2"]),
  inputWithoutShape: setArgument(0, { data: Float32Array.of(1, 2) }),
  inputTooShort: setArgument(0, { data: Float32Array.of(1, 2), shape: [3] }),
  inputNegativeSize: setArgument(0, { data: Float32Array.of(1, 2), shape: [-2] }),
  inputStridesOutside: setArgument(0, {
    data: new Float32Array(4),
    shape: [2, 2],
    strides: [3, 2],
  }),
  inputNegativeOffset: setArgument(0, { data: new Float32Array(4), shape: [2], offset: -1 }),
  secondUndefined: setArgument(1, undefined),
  secondText: setArgument(1, "1"),
  secondShape: setArgument(1, { data: new Float32Array(64), shape: [1, 1, 1, 1, 64] }),
  indexTooLarge: setIndex((classes) => classes),
  indexNegative: setIndex(() => -7),
  indexFraction: setIndex(() => 0.5),
  indexNan: setIndex(() => Number.NaN),
  indexHuge: setIndex(() => 2 ** 31),
};

/** A right call, and the fault that makes it wrong. */
export interface FaultyCase {
  readonly valid: Case;
  readonly fault: string;
}

export const faultyCases: fc.Arbitrary<FaultyCase> = fc.record({
  valid: cases(0),
  fault: fc.constantFrom(...Object.keys(faults)),
});

/** Checks that a wrong call throws an error that names the function, and writes nothing. */
export function checkFault({ valid, fault }: FaultyCase): void {
  core.useKernels(valid.kernels);
  try {
    const planned = plan(valid);
    const call = buildArguments(planned);
    const list = call.list.slice(0, planned.args.length);
    const options = { ...(call.list[planned.args.length] as Record<string, unknown>) };
    const out = outFor(planned);
    options.out = out;
    if (!faults[fault]({ list, options }, valid, planned)) return;
    const before = call.arrays.map(({ bytes }) => bytes?.slice());
    expectError(planned.functionName, [...list, options], (message) => {
      const shown = `${planned.functionName} with ${fault}`;
      throw new Failure(`${shown}: ${message}\n  case: ${JSON.stringify({ valid, fault })}`);
    });
    const isChanged = call.arrays.some(
      ({ bytes }, k) => bytes && Buffer.compare(bytes, before[k] as Uint8Array) !== 0,
    );
    if (isChanged || flatten(out).some((value) => value !== 0.5))
      throw new Failure(
        `${fault}: memory was written before the error\n  case: ${show({ fault })}`,
      );
  } finally {
    core.release();
    core.useKernels("auto");
  }
}

/** Returns an `out` that fits the result, filled with 0.5. */
function outFor({ results, resultLike }: Plan): unknown {
  const { shape } = results[results.length - 1];
  const type = resultLike.type.endsWith("Bits") ? "float32" : resultLike.type;
  const ArrayType = globalThis[elementTypes[type].array as "Float32Array"];
  return { data: new ArrayType(product(shape)).fill(0.5), shape: [...shape] };
}

function expectError(name: string, args: unknown[], fail: (message: string) => never): void {
  let result: unknown;
  try {
    result = functionNamed(name)(...args);
  } catch (error) {
    const isRight = error instanceof TypeError || error instanceof RangeError;
    if (!isRight) fail(`threw ${error}`);
    const isNamed = (error as Error).message.startsWith(name.split(".")[0]);
    if (!isNamed) fail(`the message does not begin with the function's name: ${error}`);
    return;
  }
  fail(`no error, but ${show(result).slice(0, 200)}`);
}
