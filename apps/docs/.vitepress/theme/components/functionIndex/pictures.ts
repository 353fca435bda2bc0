import {
  listOf,
  type Path,
  partAt,
  pathsOf,
  type Values,
  valueAt,
  withValue,
} from "../explorer/values.ts";
import { type Domain, domainOf } from "../figures/barSpan.ts";

/** A function or loss, called by name with the arguments of its page. */
// biome-ignore lint/suspicious/noExplicitAny: only the names of the arguments are known.
export type Call = ((...args: any[]) => unknown) & { valueAndGrad?: (...args: any[]) => unknown };

/** The example of a page: the arguments with which its explorer starts. */
export interface PageExample {
  readonly name: string;
  readonly start: Readonly<Record<string, Values>>;
  readonly ranges: Readonly<Record<string, readonly number[]>>;
  /** The function that makes the first argument of the numbers. */
  readonly transform?: string;
}

/** Curves over one number of the first argument: a value, and for a loss its derivative. */
export interface Curves {
  readonly value: readonly number[];
  readonly derivative?: readonly number[];
}

/** An even number: no point is in the middle, where some gradients do not exist. */
const points = 40;
const usual = [-5, 5];

/** Reads the example of a page from its `<Explorer>`, or nothing if it has none. */
export function readExample(markdown: string): PageExample | undefined {
  const tag = markdown.match(/^<Explorer\b([\s\S]*?)\/>$/m)?.[1];
  const attribute = (name: string) => tag?.match(new RegExp(`(?<!\\S)${name}="([^"]*)"`))?.[1];
  const name = attribute("of");
  if (name === undefined) return undefined;
  return {
    name,
    start: literal(attribute(":start")),
    ranges: literal(attribute(":ranges")),
    transform: attribute("transform"),
  };
}

/** Reads an object of numbers and lists of them, written as in JavaScript. */
function literal(text = "{}") {
  return JSON.parse(text.replace(/(\w+):/g, '"$1":'));
}

/** Computes the curves of a function over one number of its first argument, if its results are numbers. */
export function curvesOf(example: PageExample, call: Call, transform?: Call): Curves | undefined {
  const [[name, first], ...others] = Object.entries(example.start);
  const [low, high] = example.ranges[name] ?? usual;
  const path = movedPath(first);
  const rest = others.map(([, value]) => value);
  const at = (x: number): Values => {
    const moved = withValue(first, path, x);
    return transform === undefined ? moved : (transform(moved) as Values);
  };
  const over = Array.from({ length: points }, (_, i) => low + ((high - low) * (i + 0.5)) / points);
  const { valueAndGrad } = call;
  if (valueAndGrad === undefined) {
    const results = over.map((x) => call(at(x), ...rest));
    return results.every(areNumbers) ? { value: results.map((all) => listOf(all)[0]) } : undefined;
  }
  const evaluate = (x: number) =>
    valueAndGrad(at(x), ...rest, { reduction: "sum" }) as { value: number; grad: Values };
  const value = over.map((x) => evaluate(x).value);
  // A gradient with respect to the transformed numbers is not that of the number that moves.
  const derivative =
    transform === undefined
      ? over.map((x) => valueAt(evaluate(x).grad, path))
      : over.map((x) => (evaluate(x + step).value - evaluate(x - step).value) / (2 * step));
  return { value, derivative };
}

const step = 1e-3;

/** Returns whether a result is a number, or arrays of numbers. */
function areNumbers(result: unknown): result is Values {
  return Array.isArray(result) ? result.every(areNumbers) : typeof result === "number";
}

/** Returns the first number whose row is not 0 without it: the direction of that row is smooth in it. */
function movedPath(values: Values): Path {
  const paths = pathsOf(values);
  const isSmooth = (path: Path) =>
    listOf(partAt(withValue(values, path, 0), path.slice(0, -1))).some(Boolean);
  return paths.find(isSmooth) ?? paths[0];
}

/** Returns the range of a picture. A derivative that is much larger than the value is cut off. */
export function rangeOf({ value, derivative = [] }: Curves): Domain {
  const [low, high] = domainOf(value);
  const clip = (slope: number) => Math.min(Math.max(slope, low - (high - low)), high);
  return domainOf([...value, ...derivative.map(clip)]);
}
