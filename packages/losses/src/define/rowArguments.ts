// Reading the arguments of a row loss, and the options that hold one number per element of a vector.
import {
  type FloatView,
  formatShape,
  type NumberView,
  readFloats,
  readFloatsOrIntegers,
  readNumbers,
  resolveAxis,
  sizeOf,
  withoutAxis,
} from "@surprisal/core/authoring";
import {
  broadcastShape,
  broadcastStrides,
  checkBroadcast,
  type Runs,
  runsOf,
} from "./broadcast.ts";
import type { DifferentiableInput } from "./preparedLoss.ts";

/** An argument that has been read: one vector for each loss, or one value, a vector of size 1. */
export interface RowArgument {
  readonly name: string;
  readonly view: NumberView;
  /** The number of elements of a vector. */
  readonly size: number;
  /** The elements in the order of the losses, one vector after another; undefined if they have it. */
  readonly runs: Runs | undefined;
  /** Whether several losses have the same vector. */
  readonly isRepeated: boolean;
}

/** The arguments of a row loss, read and broadcast. */
export interface RowArguments {
  /** The shape of the losses: the batch axes of all arguments, broadcast. */
  readonly shape: readonly number[];
  /** The batch axes of the arguments that hold vectors, broadcast. */
  readonly batchShape: readonly number[];
  /** The shapes of the arguments as they were given, by their names. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The number of elements of a vector. */
  readonly size: number;
  readonly rowArguments: readonly RowArgument[];
  /** The arguments that have gradients. */
  readonly inputs: readonly DifferentiableInput[];
  /** Reads an option that holds numbers of a vector, or of shapes that broadcast with the vectors. */
  readOption(name: string, value: unknown): RowArgument | undefined;
}

/** Reads the arguments. Those in `differentiable` get a gradient, except for integers. */
export function readRowArguments(
  functionName: string,
  contents: Readonly<Record<string, "vector" | "value">>,
  differentiable: readonly string[],
  args: readonly unknown[],
  axisOption: number,
): RowArguments {
  const names = Object.keys(contents);
  const inputs: DifferentiableInput[] = [];
  const views = names.map((name, i): NumberView => {
    const label = `${functionName}: ${name}`;
    if (!differentiable.includes(name)) return readNumbers(label, args[i]);
    const view = i === 0 ? readFloats(label, args[i]) : readFloatsOrIntegers(label, args[i]);
    if ("kind" in view) inputs.push({ name, tensor: view as FloatView });
    return view;
  });
  const holdsVectors = (name: string) => contents[name] === "vector";
  const named = names.map((name, i) => ({ name, shape: views[i].shape }));

  const vectors = named.filter(({ name }) => holdsVectors(name));
  const values = named.filter(({ name }) => !holdsVectors(name));
  // Axes are those of the vectors with most axes. A number is a vector of one element, as in PyTorch.
  const { shape: longest } = vectors.reduce((a, b) => (b.shape.length > a.shape.length ? b : a));
  const axisFromEnd = Math.max(1, longest.length) - resolveAxis(functionName, axisOption, longest);
  const vectorSize = (shape: readonly number[]) => shape[shape.length - axisFromEnd] ?? 1;
  const size = vectorSize(vectors[0].shape);
  for (const { name, shape } of vectors) {
    if (vectorSize(shape) === size) continue;
    throw new RangeError(
      `${functionName}: ${name} must have vectors of ${size} elements along axis ${axisOption}, got shape ${formatShape(shape)}.`,
    );
  }
  const batchOf = (shape: readonly number[]) =>
    shape.length < axisFromEnd ? shape : withoutAxis(shape, shape.length - axisFromEnd);
  const batches = vectors.map((vector) => ({ ...vector, shape: batchOf(vector.shape) }));
  const batchShape = broadcastShape(functionName, batches);
  const shape = broadcastShape(functionName, [...batches, ...values]);
  const axis = shape.length + 1 - axisFromEnd;
  const full = [...shape.slice(0, axis), size, ...shape.slice(axis)];

  const fit = (name: string, view: NumberView, isVector: boolean): RowArgument => {
    const ownSize = isVector ? size : 1;
    const isRepeated = view.data.length !== sizeOf(shape) * ownSize;
    const isInOrder = !isRepeated && (!isVector || sizeOf(shape.slice(axis)) === 1);
    if (isInOrder) return { name, view, size: ownSize, runs: undefined, isRepeated };
    const strides = broadcastStrides(view.shape, isVector ? full : shape);
    const [stride] = isVector ? strides.splice(axis, 1) : [0];
    const runs = runsOf([...shape, ownSize], [...strides, stride]);
    return { name, view, size: ownSize, runs, isRepeated };
  };
  return {
    shape,
    batchShape,
    shapes: Object.fromEntries(named.map(({ name, shape: own }) => [name, own])),
    size,
    rowArguments: views.map((view, i) => fit(names[i], view, holdsVectors(names[i]))),
    inputs,
    readOption(name, value) {
      if (value === undefined) return undefined;
      const label = `${functionName}: ${name}`;
      const view = readNumbers(label, value);
      if (view.shape.length === 1 && view.shape[0] === size) {
        // A vector's own elements, whichever axis of the arguments holds them.
        const ones = new Array<number>(full.length - axis - 1).fill(1);
        return fit(name, { data: view.data, shape: [size, ...ones] }, true);
      }
      if (view.shape.length <= 1) {
        throw new RangeError(
          `${label} must have shape [${size}], one number per element of a vector, or ${formatShape(full)}, got ${formatShape(view.shape)}.`,
        );
      }
      checkBroadcast(label, view.shape, full);
      return fit(name, view, true);
    },
  };
}
