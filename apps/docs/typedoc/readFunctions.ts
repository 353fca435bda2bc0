import {
  ArrayType,
  type Comment,
  type DeclarationReflection,
  IntrinsicType,
  LiteralType,
  type ProjectReflection,
  ReferenceType,
  ReflectionKind,
  type SomeType,
  TupleType,
  TypeOperatorType,
  UnionType,
} from "typedoc";
import type { FunctionApi, FunctionKind, OptionApi, OptionType } from "./functionApi.ts";

/** A public function with the reflections that describe its options. */
export interface PublicFunction {
  readonly reflection: DeclarationReflection;
  readonly api: FunctionApi;
  /** In the order of declaration, those of the function before inherited ones. */
  readonly options: readonly DeclarationReflection[];
}

/** Returns all losses, and all functions with options. */
export function readFunctions(project: ProjectReflection): PublicFunction[] {
  const gradientOptions = propertiesOf(
    project
      .getReflectionsByKind(ReflectionKind.Interface)
      .find(({ name }) => name === "GradientOptions"),
  );
  return project
    .getReflectionsByKind(ReflectionKind.Variable | ReflectionKind.Function)
    .map((reflection) => {
      const declaration = reflection as DeclarationReflection;
      return (
        readLoss(declaration, gradientOptions) ??
        readMetric(declaration) ??
        readFunction(declaration)
      );
    })
    .filter((found) => found !== undefined);
}

/** Returns the type arguments of a constant of type `Loss<[…], Options, Per>`. */
export function lossTypes({ type }: DeclarationReflection) {
  if (!(type instanceof ReferenceType) || type.name !== "Loss") return undefined;
  const [rest, options, per, differentiated] = type.typeArguments ?? [];
  if (!(rest instanceof TupleType) || !(options instanceof ReferenceType)) {
    throw new Error("A loss must have the type Loss<[…], SomeOptions>.");
  }
  return {
    rest: rest.elements.filter((element) => "element" in element),
    options,
    per,
    differentiated,
  };
}

function readLoss(
  reflection: DeclarationReflection,
  gradientOptions: readonly DeclarationReflection[],
): PublicFunction | undefined {
  const types = lossTypes(reflection);
  if (types === undefined) return undefined;
  const options = propertiesOf(types.options.reflection);
  return {
    reflection,
    options: [...options, ...gradientOptions],
    api: {
      name: reflection.name,
      module: moduleOf(reflection),
      kind: kindOf(types.rest[0]?.element, types.per),
      arguments: [firstArgument(reflection), ...types.rest.map(({ name }) => name)],
      integers: types.rest.filter(({ element }) => isIntegers(element)).map(({ name }) => name),
      options: [
        ...options.map(readOption),
        ...gradientOptions.map((option) => ({ ...readOption(option), gradientOnly: true })),
      ],
    },
  };
}

/** Returns the name of a loss's first argument. Only the docstring has it, not the type. */
export function firstArgument({ name, comment }: DeclarationReflection): string {
  const first = comment?.getTag("@param")?.name;
  if (first === undefined) throw new Error(`The docstring of ${name} has no @param.`);
  return first;
}

function kindOf(target: SomeType | undefined, per: SomeType | undefined): FunctionKind {
  if (target instanceof ReferenceType && target.name === "ClassTarget") return "class";
  const unit = per instanceof LiteralType ? per.value : undefined;
  return unit === "element" || unit === "batch" ? unit : "row";
}

function isIntegers(type: SomeType | undefined): boolean {
  return type instanceof ReferenceType && type.name === "IntegerInput";
}

/** Reads a constant of type `Metric<Options, Result>`, a function of logits and labels. */
function readMetric(reflection: DeclarationReflection): PublicFunction | undefined {
  const { type } = reflection;
  if (!(type instanceof ReferenceType) || type.name !== "Metric") return undefined;
  const [taken] = type.typeArguments ?? [];
  if (!(taken instanceof ReferenceType)) throw new Error("A metric must name its options.");
  const options = propertiesOf(taken.reflection);
  return {
    reflection,
    options,
    api: {
      name: reflection.name,
      module: moduleOf(reflection),
      kind: "function",
      arguments: ["logits", "labels"],
      integers: ["labels"],
      options: options.map(readOption),
    },
  };
}

/** Returns the options in `TypedOut<Options, Out>`. */
function withoutOut(type: SomeType | undefined): SomeType | undefined {
  const isTyped = type instanceof ReferenceType && type.name === "TypedOut";
  return isTyped ? type.typeArguments?.[0] : type;
}

function readFunction(reflection: DeclarationReflection): PublicFunction | undefined {
  // The last of several signatures is the most general.
  const parameters = reflection.signatures?.at(-1)?.parameters ?? [];
  const last = parameters.find(({ name }) => name === "options");
  const type = withoutOut(last?.type);
  if (!(type instanceof ReferenceType)) return undefined;
  const options = propertiesOf(type.reflection);
  return {
    reflection,
    options,
    api: {
      name: reflection.name,
      module: moduleOf(reflection),
      kind: "function",
      arguments: parameters.filter((parameter) => parameter !== last).map(({ name }) => name),
      integers: parameters.filter(({ type }) => isIntegers(type)).map(({ name }) => name),
      options: options.map(readOption),
    },
  };
}

function moduleOf({ parent }: DeclarationReflection): string {
  return parent?.name ?? "";
}

/** Returns properties in the order of declaration, which is that of their ids. */
function propertiesOf(reflection: unknown): DeclarationReflection[] {
  const { children = [] } = (reflection ?? {}) as DeclarationReflection;
  return [...children].sort((a, b) => a.id - b.id);
}

function readOption({ name, type, comment }: DeclarationReflection): OptionApi {
  const text = defaultOf(comment);
  // JSON has no Infinity: such an option has no first value in an explorer.
  const fallback = text === undefined || text === "Infinity" ? undefined : JSON.parse(text);
  return {
    name,
    type: sortWords(readType(type), fallback),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** Puts the default first: the compiler gives the words of a type in any order. */
function sortWords(type: OptionType, fallback: unknown): OptionType {
  if (type.is !== "choice") return type;
  const others = type.words.filter((word) => word !== fallback).sort();
  return { is: "choice", words: [...type.words.filter((word) => word === fallback), ...others] };
}

/** Returns the text after `@defaultValue`, without code marks. */
export function defaultOf(comment: Comment | undefined): string | undefined {
  return comment
    ?.getTag("@defaultValue")
    ?.content.map(({ text }) => text)
    .join("")
    .replace(/^```\w*\n|\n```$|`/g, "")
    .trim();
}

function readType(type: SomeType | undefined): OptionType {
  const members = type instanceof UnionType ? type.types : [type];
  if (members.every((member) => member instanceof LiteralType)) {
    return { is: "choice", words: members.map(({ value }) => String(value)) };
  }
  const one = members.some(isNumber);
  const several = members.some(isNumbers);
  if (one && several) return { is: "numberOrNumbers" };
  if (several) return { is: "numbers" };
  if (one) return { is: "number" };
  const isFlag = members.every((m) => m instanceof IntrinsicType && m.name === "boolean");
  return { is: isFlag ? "boolean" : "other" };
}

/** `FloatInput` includes single numbers. */
function isNumber(type: SomeType | undefined): boolean {
  return (
    (type instanceof IntrinsicType && type.name === "number") ||
    (type instanceof ReferenceType && type.name === "FloatInput")
  );
}

function isNumbers(type: SomeType | undefined): boolean {
  const bare = type instanceof TypeOperatorType ? type.target : type;
  return bare instanceof ArrayType && isNumber(bare.elementType);
}
