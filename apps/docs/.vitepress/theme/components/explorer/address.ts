import type { ArgumentElement } from "./curve.ts";
import { moveTo } from "./curve.ts";
import type { OptionValue, Settings, Subject } from "./subject.ts";
import { listOf, pathsOf, type Values } from "./values.ts";

/** The part of an explorer that its address holds. */
export interface ExplorerState {
  readonly settings: Settings;
  /** The number that was moved last: it is the x axis of the curve. */
  readonly moved: ArgumentElement | undefined;
}

/** The character between numbers: unlike a comma, it is not escaped in an address. */
const separator = "_";

/** Returns the query of an address for all that differs from the initial settings. */
export function queryOf(
  { api }: Subject,
  first: Settings,
  { settings, moved }: ExplorerState,
): string {
  const query = new URLSearchParams();
  for (const name of api.arguments) {
    const text = numbersText(settings.args[name]);
    if (text !== numbersText(first.args[name])) query.set(name, text);
  }
  for (const [name, value] of Object.entries(settings.options)) {
    const text = optionText(value);
    if (text !== optionText(first.options[name])) query.set(name, text);
  }
  if (moved) query.set("over", [moved.argument, ...moved.path].join(separator));
  return query.toString();
}

/** Returns the state in a query. Whatever does not fit the function is left out. */
export function stateIn(subject: Subject, first: Settings, search: string): ExplorerState {
  const query = new URLSearchParams(search);
  let settings = first;
  for (const name of subject.api.arguments) {
    const numbers = numbersIn(query.get(name));
    const paths = pathsOf(first.args[name]);
    if (numbers?.length !== paths.length) continue;
    paths.forEach((path, i) => {
      settings = moveTo(settings, { argument: name, path }, numbers[i]);
    });
  }
  const options = { ...first.options };
  for (const { name } of subject.api.options) {
    const value = optionIn(subject, name, first, query.get(name));
    if (value !== undefined) options[name] = value;
  }
  return { settings: { ...settings, options }, moved: movedIn(settings, query.get("over")) };
}

const numbersText = (values: Values) => listOf(values).join(separator);

const optionText = (value: OptionValue | undefined) =>
  Array.isArray(value) ? value.join(separator) : String(value);

function numbersIn(text: string | null): number[] | undefined {
  const numbers = text?.split(separator).map((part) => (part === "" ? Number.NaN : Number(part)));
  return numbers?.some(Number.isNaN) ? undefined : numbers;
}

function optionIn(
  { api }: Subject,
  name: string,
  first: Settings,
  text: string | null,
): OptionValue | undefined {
  const type = api.options.find((option) => option.name === name)?.type;
  if (text === null || type === undefined || api.arguments.includes(name)) return undefined;
  const numbers = numbersIn(text);
  const expected = first.options[name];
  if (Array.isArray(expected)) return numbers?.length === expected.length ? numbers : undefined;
  switch (type.is) {
    case "boolean":
      return text === "true" || text === "false" ? text === "true" : undefined;
    case "choice":
      return type.words.includes(text) ? (numbers?.[0] ?? text) : undefined;
    case "number":
    case "numberOrNumbers":
      return numbers?.length === 1 ? numbers[0] : undefined;
    case "numbers":
    case "other":
      return undefined;
  }
}

function movedIn({ args }: Settings, text: string | null): ArgumentElement | undefined {
  const [argument, ...indices] = text?.split(separator) ?? [];
  if (argument === undefined || args[argument] === undefined) return undefined;
  const path = indices.map(Number);
  const exists = pathsOf(args[argument]).some((one) => String(one) === String(path));
  return exists ? { argument, path } : undefined;
}
