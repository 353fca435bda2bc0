import type { FunctionApi } from "../../../../typedoc/functionApi.ts";
import type { Call, RowFunction, Subject } from "./subject.ts";
import type { ExploredPackage } from "./view.ts";

/** What a page says about the function that it explores. */
export interface Exploration {
  /** The name of the function. */
  readonly of: string;
  /** The package of the function, if it is none of core or losses. */
  readonly from?: ExploredPackage;
  /** The function of core that computes the first argument from the numbers of the sliders. */
  readonly transform?: string;
  /** A function of core whose results are shown, too. */
  readonly also?: string;
  /** The names of options without a control. */
  readonly omit?: readonly string[];
}

/** Returns the subject of a page, with the functions of core and losses and the reference's descriptions. */
export function makeSubject(
  { of, from, transform, also, omit = [] }: Exploration,
  functions: Readonly<Record<string, unknown>>,
  apis: readonly FunctionApi[],
): Subject {
  const callOf = (name: string): Call => {
    const found = from?.functions[name] ?? functions[name];
    if (typeof found !== "function") throw new Error(`There is no function ${name}.`);
    return found as Call;
  };
  const rowFunction = (name: string | undefined): RowFunction | undefined =>
    name === undefined ? undefined : { name, call: callOf(name) };

  const api = apis.find(({ name }) => name === of);
  if (api === undefined) throw new Error(`The reference holds no function ${of} with options.`);
  const view = from?.views[of];
  const more = { view, transform: rowFunction(transform), also: rowFunction(also) };
  if (view?.program) {
    // A program sets the options itself.
    const { arguments: names, run } = view.program;
    return { ...more, api: { ...api, arguments: names, options: [] }, call: run as Call };
  }
  const options = api.options.filter(({ name }) => !omit.includes(name));
  return { ...more, api: { ...api, options }, call: callOf(of) };
}
