import { type Ranges, usual } from "./controls.ts";
import { labelsOf, type Settings, type Subject } from "./subject.ts";
import { listOf, mapValues, type Path, rowsOf, shapeOf, type Values, withValue } from "./values.ts";

/** The meaning of the second argument, where its type does not say it: 1 and another number, for example. */
export type PresetKind = "binary";

/** A case that readers can choose. */
export interface Preset {
  readonly name: string;
  readonly args: Settings["args"];
}

/** Returns the cases of a function, made of its initial numbers. */
export function presetsOf(
  subject: Subject,
  first: Settings,
  ranges: Ranges,
  kind?: PresetKind,
): Preset[] {
  const { api } = subject;
  const [input, second] = api.arguments;
  const [low, high] = ranges[input] ?? usual;
  const given: Given = { args: first.args, options: first.options, input, second, low, high };
  if (labelsOf(api) !== undefined) return labelPresets(given);
  if (kind === "binary") return binaryPresets(given);
  const isUnary = api.arguments.length === 1 || api.kind === "function";
  if (isUnary)
    return shapeOf(first.args[input]).length === 0 ? numberPresets(given) : rowPresets(given);
  if (api.kind === "element") return elementPresets(given);
  // Not 0: a vector of zeros has no direction.
  return [preset(given, "Tie", { [input]: filled(first.args[input], 1) })];
}

interface Given {
  readonly args: Settings["args"];
  readonly options: Settings["options"];
  readonly input: string;
  readonly second: string;
  /** The range of the input. */
  readonly low: number;
  readonly high: number;
}

function preset({ args }: Given, name: string, changed: Settings["args"]): Preset {
  return { name, args: { ...args, ...changed } };
}

const filled = (values: Values, value: number) => mapValues(values, () => value);

/** Returns the cases of rows that have a class, a label or a token each. */
function labelPresets(given: Given): Preset[] {
  const { args, options, input, second, high } = given;
  const logits = args[input];
  const labels = args[second];
  const isIndices = shapeOf(labels).length < shapeOf(logits).length;
  const tie = preset(given, "Tie", { [input]: filled(logits, 0) });
  if (!isIndices) return [tie];
  const [label] = listOf(labels);
  const width = listOf(rowsOf(logits)[0]).length;
  const other = (label + 1) % width;
  /** Returns the logits with another first row. */
  const withFirst = (rowOf: (value: number, j: number) => number) => {
    const lead: Path = rowsOf(logits).length > 1 ? [0] : [];
    const row = listOf(rowsOf(logits)[0]).map(rowOf);
    return row.reduce<Values>((all, value, j) => withValue(all, [...lead, j], value), logits);
  };
  return [
    preset(given, "Confident and right", {
      [input]: withFirst((_, j) => (j === label ? high : 0)),
    }),
    preset(given, "Confident and wrong", {
      [input]: withFirst((_, j) => (j === other ? high : 0)),
    }),
    tie,
    preset(given, "One class masked", {
      [input]: withFirst((value, j) => (j === other ? Number.NEGATIVE_INFINITY : value)),
    }),
    ...(typeof options.ignoreIndex === "number"
      ? [preset(given, "All ignored", { [second]: filled(labels, options.ignoreIndex) })]
      : []),
  ];
}

/** Returns the cases of targets that are 1, or 0 or −1. */
function binaryPresets(given: Given): Preset[] {
  const { args, input, second, low, high } = given;
  const targets = listOf(args[second]);
  const sure = (right: boolean) => {
    let i = 0;
    return mapValues(args[input], () => (targets[i++] > 0 === right ? high : low));
  };
  return [
    preset(given, "Confident and right", { [input]: sure(true) }),
    preset(given, "Confident and wrong", { [input]: sure(false) }),
    preset(given, "Undecided", { [input]: filled(args[input], (low + high) / 2) }),
  ];
}

/** Returns the cases of an input that should be like its target. */
function elementPresets(given: Given): Preset[] {
  const { args, input, second, high } = given;
  const isAlike = String(shapeOf(args[input])) === String(shapeOf(args[second]));
  const path = shapeOf(args[input]).map(() => 0);
  return [
    ...(isAlike ? [preset(given, "Equal", { [input]: args[second] })] : []),
    preset(given, "One outlier", { [input]: withValue(args[input], path, high) }),
  ];
}

/** Returns the cases of a function of rows. */
function rowPresets(given: Given): Preset[] {
  const { args, input, high } = given;
  const x = args[input];
  const path = shapeOf(x).map(() => 0);
  const last = shapeOf(x).map((length, axis, { length: rank }) =>
    axis === rank - 1 ? length - 1 : 0,
  );
  return [
    preset(given, "Sure", { [input]: withValue(filled(x, 0), path, high) }),
    preset(given, "Tie", { [input]: filled(x, 0) }),
    preset(given, "One masked", { [input]: withValue(x, last, Number.NEGATIVE_INFINITY) }),
  ];
}

/** Returns the cases of a function of numbers. */
function numberPresets(given: Given): Preset[] {
  const { input } = given;
  return [
    preset(given, "Far below 0", { [input]: -40 }),
    preset(given, "Zero", { [input]: 0 }),
    preset(given, "Far above 0", { [input]: 40 }),
  ];
}
