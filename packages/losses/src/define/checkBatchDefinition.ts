import { formatValue } from "@surprisal/core/authoring";
import {
  checkArgumentNames,
  checkDifferentiable,
  checkDistinct,
  checkNames,
} from "./checkNames.ts";
import { gradientSchemas, lossSchemas } from "./optionSchemas.ts";

/** The options that every loss has. */
const ownOptions = Object.keys({ ...lossSchemas, ...gradientSchemas });

/** The parts of a batch loss's definition that name arguments. */
interface ArgumentNames {
  readonly name: string;
  readonly options?: object;
  readonly arguments: unknown;
  readonly arrayOptions?: unknown;
  readonly differentiable: unknown;
}

/** Throws if the arguments of a batch loss, or the names of those that are differentiated, are wrong. */
export function checkBatchArguments(definition: ArgumentNames): void {
  const { name, options = {}, arguments: names, arrayOptions = [], differentiable } = definition;
  const label = `defineLoss: ${name}`;
  checkArgumentNames(`${label}: arguments`, names);
  if (names.length === 0) throw new RangeError(`${label}: arguments must have at least one name.`);
  checkNames(`${label}: arrayOptions`, arrayOptions);
  const noOption = arrayOptions.find((array) => !Object.hasOwn(options, array));
  if (noOption !== undefined) {
    throw new TypeError(
      `${label}: arrayOptions holds ${formatValue(noOption)}, expected a name of options.`,
    );
  }
  const both = arrayOptions.find((array) => names.includes(array));
  if (both !== undefined) {
    throw new TypeError(
      `${label}: arrayOptions holds ${formatValue(both)}, which is the name of an argument.`,
    );
  }
  // An option that is no array may have the name of an argument, as the class weights of linearCrossEntropy do.
  checkDistinct(label, names, ownOptions);
  checkDifferentiable(label, differentiable, [...names, ...arrayOptions]);
}
