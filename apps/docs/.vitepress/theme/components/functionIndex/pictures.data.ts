import { globSync, readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { evaluationPackage } from "../explorer/packages/evaluation.ts";
import { languagePackage } from "../explorer/packages/language.ts";
import { pathOf } from "../figures/curvePath.ts";
import { type Call, curvesOf, rangeOf, readExample } from "./pictures.ts";

/** The curves of a function, as SVG paths in a square of 100 units. */
export interface Picture {
  readonly value: string;
  readonly derivative?: string;
}

export declare const data: Readonly<Record<string, Picture>>;

const functions = { ...core, ...losses, ...language, ...evaluation } as unknown as Readonly<
  Record<string, Call>
>;
/** A page that explores a program of several calls has no example of one call. */
const views = { ...evaluationPackage.views, ...languagePackage.views };
const root = new URL("../../../../../../", import.meta.url);

/** Computes the picture of each function whose page has an example, when the site is built. */
export default {
  watch: ["../../../../../../packages/*/src/**/*.md"],
  load(): Readonly<Record<string, Picture>> {
    const pages = globSync("packages/*/src/**/*.md", { cwd: root });
    const examples = pages
      .map((page) => readExample(readFileSync(new URL(page, root), "utf8")))
      .filter((example) => example !== undefined)
      .filter(({ name }) => views[name]?.program === undefined);
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
