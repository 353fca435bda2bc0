import * as core from "@surprisal/core";
import { ulpAt } from "@surprisal/testing";
import * as losses from "../../src/index.ts";
import {
  type ArraySpec,
  type Built,
  build,
  canHold,
  type ElementRange,
  flatten,
  nest,
  overlapping,
  readElements,
  rounded,
  show,
  snippetHelpers,
  type TypeName,
} from "./arrays.ts";
import type { Case } from "./cases.ts";
import { features } from "./features.ts";
import { type Plan, type PlannedArray, type PlannedResult, plan } from "./plan.ts";
import type { Expected } from "./reference.ts";
import { product } from "./values.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** Returns a public function, or the method of a loss, by its name. */
export function functionNamed(name: string): AnyFunction {
  const [loss, method] = name.split(".");
  const all = { ...core, ...losses } as unknown as Record<string, Record<string, AnyFunction>>;
  return (method === undefined ? all[loss] : all[loss][method]) as AnyFunction;
}

/** The arguments of one call in fresh memory. */
export interface Arguments {
  readonly arrays: readonly (Built & { readonly planned: PlannedArray })[];
  readonly list: unknown[];
  /** Returns the call as JavaScript. */
  readonly code: () => string;
}

/** A failed check, with the call that it is about. */
export class Failure extends Error {}

/** Calls a function in every way that should give the same, and throws if any check fails. */
export function checkCase(c: Case): void {
  core.useKernels(c.kernels);
  try {
    const planned = plan(c);
    const fresh = checkFresh(c, planned);
    checkContainers(c, planned, fresh);
    checkLossAlone(c, planned, fresh);
    checkOut(c, planned, fresh);
  } finally {
    core.release();
    core.useKernels("auto");
  }
}

/** Builds the arguments. `room` is the memory around each array that an overlapping `out` needs. */
export function buildArguments(
  { functionName, args, optionArrays, options }: Plan,
  room = 0,
  out?: (arrays: Arguments["arrays"]) => Built | undefined,
): Arguments & { readonly out?: Built } {
  const toBuilt = (planned: PlannedArray) => ({ ...buildPlanned(planned, room), planned });
  const positional = args.map(toBuilt);
  const named = optionArrays.map(toBuilt);
  const arrays = [...positional, ...named];
  const builtOut = out?.(arrays);
  const allOptions = {
    ...options,
    ...Object.fromEntries(named.map(({ planned, value }) => [planned.name, value])),
    ...(builtOut && { out: builtOut.value }),
  };
  const hasOptions = Object.keys(allOptions).length > 0;
  const optionCode = [
    ...Object.entries(options).map(([name, value]) => `${name}: ${show(value)}`),
    ...named.map(({ planned }) => planned.name),
    ...(builtOut ? ["out"] : []),
  ].join(", ");
  const names = positional.map(({ planned }) => planned.name);
  const declarations = () => [
    ...arrays.map(({ planned, code }) => `const ${planned.name} = ${code()};`),
    ...(builtOut ? [`const out = ${builtOut.code()};`] : []),
  ];
  const argumentCode = [...names, ...(hasOptions ? [`{ ${optionCode} }`] : [])].join(", ");
  return {
    arrays,
    list: [...positional.map(({ value }) => value), ...(hasOptions ? [allOptions] : [])],
    code: () => [...declarations(), `${functionName}(${argumentCode});`].join("\n"),
    ...(builtOut && { out: builtOut }),
  };
}

function buildPlanned({ spec, values, shape, asBooleans }: PlannedArray, room: number): Built {
  if (!asBooleans) return build(spec, values, shape, room);
  const value = nest(
    Array.from(values, (item) => item === 1),
    shape,
  );
  return { value, code: () => show(value) };
}

/** Watches the memory of arguments: nothing may be written but the elements of `out`. */
function watch(arrays: readonly Built[], out?: ElementRange) {
  const copies = arrays.map(({ bytes }) => bytes?.slice());
  const nested = arrays.map(({ value, bytes }) => (bytes ? undefined : show(value)));
  return (fail: (message: string) => never) => {
    arrays.forEach(({ bytes, value }, k) => {
      const before = copies[k];
      if (bytes === undefined || before === undefined) {
        if (nested[k] !== show(value)) fail(`array ${k} has changed`);
        return;
      }
      if (out !== undefined) copyElements(out, bytes, before);
      if (Buffer.compare(bytes, before) === 0) return;
      const i = before.findIndex((byte, j) => byte !== bytes[j]);
      fail(`byte ${i} of ${before.length} of array ${k} was written`);
    });
  };
}

/** Copies the bytes of the elements that may be written, so that they compare as equal. */
function copyElements({ data, indices }: ElementRange, bytes: Uint8Array, copy: Uint8Array): void {
  if (data.buffer !== bytes.buffer) return;
  const size = data.byteLength / Math.max(data.length, 1);
  const start = data.byteOffset - bytes.byteOffset;
  for (const index of indices) {
    for (let b = start + index * size; b < start + (index + 1) * size; b++) copy[b] = bytes[b];
  }
}

/** Calls without `out`, and compares the results with the reference. */
function checkFresh(c: Case, planned: Plan): Float64Array[] {
  const call = buildArguments(planned);
  const fail = failer(c, planned, call.code);
  const unchanged = watch(call.arrays);
  const result = attempt(planned, call, fail);
  unchanged(fail);
  checkContainer(planned, result, fail);
  return planned.results.map((expected) => {
    const actual = flatten(field(result, expected));
    compare(actual, expected, planned.resultLike.type, fail);
    return actual;
  });
}

function failer(c: Case, { functionName }: Plan, code: () => string) {
  return (message: string): never => {
    throw new Failure(`${message}\n${snippet(c, functionName, code())}`);
  };
}

/** Returns a program that makes the call; for long arrays, only the case that makes them. */
function snippet(c: Case, functionName: string, code: string): string {
  const rerun = `// pnpm fuzz -- --case '${JSON.stringify(c)}'`;
  if (code.length > 8000) return rerun;
  const loss = functionName.split(".")[0];
  const isCore = loss in core;
  const helpers = Object.entries(snippetHelpers).filter(([name]) => code.includes(`${name}(`));
  const names = ["useKernels", ...(code.includes("allocated(") ? ["allocate"] : [])];
  const imports = [
    `import { ${[...names, ...(isCore ? [loss] : [])].join(", ")} } from "@surprisal/core";`,
    ...(isCore ? [] : [`import { ${loss} } from "@surprisal/losses";`]),
    ...(code.includes('"foreign"') ? ['import vm from "node:vm";'] : []),
  ];
  const parts = [rerun, ...imports, ...helpers.map(([, helper]) => helper)];
  return [...parts, `useKernels("${c.kernels}");`, code].join("\n");
}

function attempt(planned: Plan, call: Arguments, fail: (message: string) => never): unknown {
  try {
    return functionNamed(planned.functionName)(...call.list);
  } catch (error) {
    return fail(`threw ${error}`);
  }
}

function field(result: unknown, { field: name }: PlannedResult): unknown {
  return name === undefined ? result : (result as Record<string, unknown>)[name];
}

/** Returns the element type of results. */
function resultType({ type }: ArraySpec): "float64" | "float32" | "float16" {
  if (type === "float64" || type === "float16") return type;
  return "float32";
}

/** Returns the container of a result: of rows, one axis is left as one row. */
function resultContainer(
  { container }: ArraySpec,
  { shape }: Pick<PlannedResult, "shape">,
): string {
  return container === "rows" && shape.length === 1 ? "vector" : container;
}

/** Checks that results come in the kind of container that was passed. */
function checkContainer(planned: Plan, result: unknown, fail: (message: string) => never): void {
  for (const expected of planned.results) {
    const actual = field(result, expected);
    const container = resultContainer(planned.resultLike, expected);
    const isRight = () => {
      if (expected.isNumber) return typeof actual === "number";
      if (container === "nested" || container === "rows") return Array.isArray(actual);
      const name = `F${resultType(planned.resultLike).slice(1)}Array`;
      const data = container === "vector" ? actual : (actual as { data: unknown }).data;
      if (Object.prototype.toString.call(data) !== `[object ${name}]`) return false;
      return (
        container === "vector" ||
        show((actual as { shape: unknown }).shape) === show(expected.shape)
      );
    };
    if (!isRight()) fail(`the ${expected.field ?? "result"} is in the wrong container`);
    const length = flatten(actual).length;
    if (length !== expected.expected.length)
      fail(`${expected.field ?? "result"} has ${length} elements, not ${expected.expected.length}`);
  }
}

const largest = { float16: 65504, float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE };

/** Compares results with what the reference gives, in ulp of the larger term. */
function compare(
  actual: Float64Array,
  { expected, ulps, isNumber, field }: PlannedResult,
  type: TypeName,
  fail: (message: string) => never,
): void {
  const stored = isNumber ? "float64" : resultType({ type } as ArraySpec);
  for (let i = 0; i < actual.length; i++) {
    if (isClose(actual[i], expected[i], type, stored, ulps)) continue;
    const { value, magnitude } = expected[i];
    const error =
      Math.abs(actual[i] - value) / ulpAt(magnitude, type === "float64" ? type : "float32");
    fail(
      `${field ?? "result"}[${i}] is ${actual[i]}, expected ${value} (${error} ulp of ${magnitude})`,
    );
  }
}

function isClose(
  actual: number,
  { value, magnitude, spread }: Expected,
  type: TypeName,
  stored: "float16" | "float32" | "float64",
  ulps: number,
): boolean {
  if (magnitude === Number.POSITIVE_INFINITY && Number.isNaN(value)) return true;
  // 0 times a missing divisor may be either.
  if (Number.isNaN(value) && Number.isNaN(magnitude)) return Number.isNaN(actual) || actual === 0;
  if (Number.isNaN(value)) return Number.isNaN(actual);
  if (actual === value) return true;
  if (!Number.isFinite(value)) return false;
  const bound =
    type === "float64"
      ? // The reference has rounding errors of its own, as large as those allowed.
        8e-16 * (1 + spread) * magnitude + 2 ** -1021
      : ulps * ulpAt(magnitude, "float32") + (ulps > 1 ? 2 ** -126 : 0);
  const rounding = stored === "float16" ? Math.abs(value) * 2 ** -11 + 2 ** -25 : 0;
  if (Math.abs(actual - value) <= bound + rounding) return true;
  // A result that the type cannot hold is infinite.
  return (
    Math.abs(value) > largest[stored] * (1 - 2 ** -12) &&
    actual === Math.sign(value) * Number.POSITIVE_INFINITY
  );
}

/** Returns the first position at which the bits differ, or −1. */
function differenceOf(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return i;
  return -1;
}

function checkSame(
  what: string,
  actual: Float64Array,
  expected: Float64Array,
  fail: (message: string) => never,
): void {
  if (!features.bitsOfInputAlone && core.kernels().active !== "js") return;
  const i = differenceOf(actual, expected);
  if (i >= 0) fail(`${what} differs at ${i}: ${actual[i]}, expected the bits of ${expected[i]}`);
}

/** Checks that a plain tensor of the same numbers gives the same bits. */
function checkContainers(c: Case, planned: Plan, fresh: readonly Float64Array[]): void {
  // As a tensor, a number of logAddExp would determine the type of the result.
  if (planned.functionName === "logAddExp" && planned.resultLike !== planned.args[0].spec) return;
  const plainly = ({ spec, asBooleans: _, ...array }: PlannedArray): PlannedArray => {
    const type =
      spec.type === "float64" ? "float64" : resultType(spec) === "float16" ? "float32" : spec.type;
    return {
      ...array,
      spec: { container: "shape", memory: "plain", type: type.endsWith("Bits") ? "float32" : type },
    };
  };
  const plainPlan: Plan = {
    ...planned,
    args: planned.args.map(plainly),
    optionArrays: planned.optionArrays.map(plainly),
  };
  const call = buildArguments(plainPlan);
  const fail = failer(c, planned, call.code);
  const result = attempt(plainPlan, call, fail);
  planned.results.forEach((expected, k) => {
    const plainResult = flatten(field(result, expected));
    const isRounded = resultType(planned.resultLike) === "float16" && !expected.isNumber;
    const same = isRounded ? rounded(plainResult, "float16") : plainResult;
    checkSame("a plain tensor's result", same, fresh[k], fail);
  });
}

/** Checks the loss itself against `valueAndGrad`, and `sum` against `none`. */
function checkLossAlone(c: Case, planned: Plan, fresh: readonly Float64Array[]): void {
  const [value] = planned.results;
  if (value.field !== "value") return;
  const name = planned.functionName.split(".")[0];
  const { gradOutput: _, ...options } = planned.options;
  const alone: Plan = {
    ...planned,
    functionName: name,
    options,
    optionArrays: planned.optionArrays.filter((array) => array.name !== "gradOutput"),
    results: [{ ...value, field: undefined, goesToOut: true }],
  };
  const lone = buildArguments(alone);
  const failAlone = failer(c, alone, lone.code);
  const actual = flatten(attempt(alone, lone, failAlone));
  compare(actual, alone.results[0], planned.resultLike.type, failAlone);

  if (value.expected.length === 0 && options.reduction !== "sum") return;
  if (options.reduction !== "sum") return;
  const each: Plan = { ...alone, options: { ...options, reduction: "none" } };
  const call = buildArguments(each);
  const losses = flatten(attempt(each, call, failer(c, each, call.code)));
  const total = losses.reduce((sum, loss) => sum + loss, 0);
  const magnitude = losses.reduce((sum, loss) => sum + Math.abs(loss), 0);
  const type = resultType(planned.resultLike);
  const relative = { float64: 1e-15, float32: 2 ** -22, float16: 2 ** -11 }[type];
  const tolerance =
    relative * magnitude * (type === "float64" ? losses.length + 1 : 1) + losses.length * 2 ** -25;
  const isSame =
    Object.is(total, fresh[0][0]) ||
    !(Math.abs(total - fresh[0][0]) > tolerance) ||
    // A float16 or float32 loss may be infinite where their sum is not.
    !Number.isFinite(total);
  if (!isSame) failAlone(`the losses add up to ${total}, the sum is ${fresh[0][0]}`);
}

/** Calls with `out`, and checks that it receives the same bits and that nothing else is written. */
function checkOut(c: Case, planned: Plan, fresh: readonly Float64Array[]): void {
  const k = planned.results.findIndex(({ goesToOut }) => goesToOut);
  const target = planned.results[k];
  const room = c.out.kind === "overlapping" ? 8 * (product(target.shape) + 32) : 0;
  const call = buildArguments(planned, room, (arrays) => buildOut(c, planned, target, arrays));
  const { out } = call;
  if (out === undefined) return;
  const fail = failer(c, planned, call.code);
  const others = call.arrays.filter(({ value }) => value !== out.value);
  const watched = [...others, ...(out.elements ? [out] : [])];
  const unchanged = watch(watched, out.elements);
  const result = attempt(planned, call, fail);
  unchanged(fail);
  const written = out.elements ? readElements(out.elements) : flatten(out.value);
  const expected = target.isNumber ? roundedNumber(fresh[k], planned.resultLike) : fresh[k];
  checkSame("out", written, expected, fail);
  const returned = field(result, target);
  // An out of another kind than the result is returned in the result's kind.
  if (!target.isNumber && returned !== out.value) {
    checkSame("result", flatten(returned), fresh[k], fail);
    if (kindOf(returned) === kindOf(out.value)) fail("out was not returned");
  }
  planned.results.forEach((other, i) => {
    if (i !== k) checkSame(other.field ?? "result", flatten(field(result, other)), fresh[i], fail);
  });
}

/** A number is rounded where it is written to `out`. */
const roundedNumber = (value: Float64Array, spec: ArraySpec) => rounded(value, resultType(spec));

/** Returns the kind of a result that is no number. */
function kindOf(value: unknown): "array" | "nested" | "tensor" {
  if (ArrayBuffer.isView(value)) return "array";
  if (Array.isArray(value)) return "nested";
  return "tensor";
}

function buildOut(
  { out, call }: Case,
  { resultLike }: Plan,
  { shape, isNumber }: PlannedResult,
  arrays: Arguments["arrays"],
): Built | undefined {
  if (out.kind === "none" || (product(shape) === 0 && !features.emptyOut)) return undefined;
  const type = resultType(resultLike);
  const container = resultContainer(resultLike, { shape });
  const isNested = !isNumber && (container === "nested" || container === "rows");
  const zeros = new Float64Array(product(shape)).fill(0.5);
  const shared = arrays[out.argument % arrays.length];
  const mayAlias =
    out.argument % arrays.length === 0 || features.aliasOfTarget || !call.includes("nll");
  if (out.kind === "overlapping") {
    if (isNested || shared.elements === undefined || !mayAlias) return undefined;
    const { container } = shared.planned.spec;
    if (container === "rows") return undefined;
    const bufferCode = `${shared.planned.name}${container === "vector" ? "" : ".data"}.buffer`;
    return overlapping(shared.elements, type, shape, out.shift, bufferCode);
  }
  if (out.kind === "same") {
    const { spec, shape: itsShape } = shared.planned;
    if (shared.elements === undefined && typeof shared.value !== "object") return undefined;
    if (shared.planned.asBooleans) return undefined;
    const isNestedArgument = spec.container === "nested" || spec.container === "rows";
    const fits =
      spec.type === type &&
      spec.container !== "repeated" &&
      spec.container === (isNested ? resultLike.container : spec.container) &&
      isNestedArgument === isNested &&
      show(itsShape) === show(shape) &&
      !(shape.length === 0 && isNestedArgument);
    return fits && mayAlias ? { ...shared, code: () => shared.planned.name } : undefined;
  }
  if (isNested) {
    // An array without elements cannot tell the sizes of its inner axes.
    if (shape.length === 0 || product(shape) === 0) return undefined;
    return build({ ...resultLike, memory: "plain" }, zeros, shape);
  }
  const spec = { type, container: out.container, memory: out.memory };
  const fitting =
    out.container === "nested" || !canHold(spec, shape)
      ? { ...spec, container: "shape" as const }
      : spec;
  const hasElements = product(shape) > 0 || fitting.container === "shape";
  return canHold(fitting, shape) && hasElements ? build(fitting, zeros, shape) : undefined;
}
