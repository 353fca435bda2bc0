import type { FunctionApi } from "./functionApi.ts";

/** The sizes of the axes of an argument or a result. */
export type Shape = readonly number[];

/** A call with arguments of several axes. */
export interface ShapeCall {
  /** The meaning of the axes, as a line above the example. */
  readonly axes: string;
  readonly arguments: readonly Shape[];
  /** The option that the shapes need, such as `axis: 1`. */
  readonly option?: string;
  /** The shape of the result; of a loss, with `reduction: "none"`. */
  readonly result: Shape;
  /** The shape of a target of probabilities, where the function takes one, too. */
  readonly probabilities?: Shape;
}

/** Writes a program that calls a function with tensors, and shows the shapes of its results. */
export function shapeExample(api: FunctionApi, call: ShapeCall): string {
  const { name, module, kind } = api;
  const args = api.arguments.slice(0, call.arguments.length);
  const isLoss = kind !== "function";
  const imports =
    module === "@surprisal/core"
      ? [`import { ${[name, "tensor"].sort().join(", ")} } from "${module}";`]
      : ['import { tensor } from "@surprisal/core";', `import { ${name} } from "${module}";`];
  const definitions = args.map((argument, i) =>
    define(argument, dataOf(api, argument), call.arguments[i]),
  );
  const each = optionsOf(call.option, isLoss ? 'reduction: "none"' : undefined);
  const lines = [
    ...imports,
    "",
    ...definitions,
    shown(`${name}(${[...args, ...each].join(", ")})`, call.result),
  ];
  if (isLoss) {
    const options = optionsOf(call.option);
    const gradient = `${name}.valueAndGrad(${[...args, ...options].join(", ")}).grad`;
    lines.push(shown(gradient, call.arguments[0]));
  }
  if (call.probabilities !== undefined) {
    const classes =
      call.probabilities[call.option === "axis: 1" ? 1 : call.probabilities.length - 1];
    const given = args.map((argument) => (argument === "target" ? "probabilities" : argument));
    lines.push(
      "",
      define("probabilities", ["Float32Array", `1 / ${classes}`], call.probabilities),
      shown(`${name}(${[...given, ...each].join(", ")})`, call.result),
    );
  }
  return `\`\`\`ts\n${lines.join("\n")}\n\`\`\``;
}

type Data = readonly [type: "Float32Array" | "Int32Array", fill?: string];

/** Returns data that every loss accepts: a target of 1 is a class, a label and a number. */
function dataOf({ integers, kind, name }: FunctionApi, argument: string): Data {
  const isClass = kind === "class" || /^(dice|tversky|linear)/.test(name);
  if (argument === "target" && isClass) return ["Int32Array"];
  const lengths: Readonly<Record<string, string>> = { inputLengths: "8", targetLengths: "3" };
  if (integers.includes(argument)) return ["Int32Array", lengths[argument] ?? "1"];
  return argument === "target" ? ["Float32Array", "1"] : ["Float32Array"];
}

function define(name: string, [type, fill]: Data, shape: Shape): string {
  const size = shape.reduce((product, length) => product * length, 1);
  const data = `new ${type}(${size})${fill === undefined ? "" : `.fill(${fill})`}`;
  return `const ${name} = tensor(${data}, ${list(shape)});`;
}

function optionsOf(...options: readonly (string | undefined)[]): string[] {
  const given = options.filter((option) => option !== undefined);
  return given.length === 0 ? [] : [`{ ${given.join(", ")} }`];
}

function shown(expression: string, shape: Shape): string {
  return `${expression}.shape; // ${list(shape)}`;
}

function list(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}
