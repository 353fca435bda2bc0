import { globSync, readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import * as losses from "@surprisal/losses";
import { watched } from "../../../watched.ts";
import { pathOf } from "../figures/curvePath.ts";
import { type Call, curvesOf, rangeOf, readExample } from "./pictures.ts";

/** The curves of a function, as SVG paths in a square of 100 units. */
export interface Picture {
  readonly value: string;
  readonly derivative?: string;
}

export declare const data: Readonly<Record<string, Picture>>;

const functions = { ...core, ...losses } as unknown as Readonly<Record<string, Call>>;
const root = new URL("../../../../../../", import.meta.url);

/** Computes the picture of each function and loss whose page has an example, when the site is built. */
export default {
  watch: watched("../../../../../../packages/{core,losses}/src/**/*.md"),
  load(): Readonly<Record<string, Picture>> {
    const pages = globSync("packages/{core,losses}/src/**/*.md", { cwd: root });
    const examples = pages
      .map((page) => readExample(readFileSync(new URL(page, root), "utf8")))
      .filter((example) => example !== undefined);
    return Object.fromEntries(
      examples.flatMap((example) => {
        const transform = example.transform && functions[example.transform];
        const curves = curvesOf(example, functions[example.name], transform || undefined);
        if (curves === undefined) return [];
        const path = (values: readonly number[]) => pathOf(values, rangeOf(curves));
        const { value, derivative } = curves;
        return [[example.name, { value: path(value), derivative: derivative && path(derivative) }]];
      }),
    );
  },
};
