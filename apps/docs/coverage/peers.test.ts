import * as core from "@surprisal/core";
import * as losses from "@surprisal/losses";
import { beforeAll, describe, expect, it } from "vitest";
import { readTypes } from "../test/readTypes.ts";
import { coverageTables } from "../typedoc/coverageTable.ts";
import type { FunctionApi } from "../typedoc/functionApi.ts";
import { readFunctions } from "../typedoc/readFunctions.ts";
import { peers } from "./peers.ts";

const entries = peers.flatMap((peer) => peer.losses);
const isOurs = (name: string) => name in losses || name in core;
/** The exported functions with a gradient. */
const exported = Object.entries(losses)
  .filter(([, value]) => "valueAndGrad" in value)
  .map(([name]) => name);

describe("the table of other libraries' losses", () => {
  let apis: readonly FunctionApi[];

  beforeAll(async () => {
    const project = await readTypes("packages/core/src/index.ts", "packages/losses/src/index.ts");
    apis = readFunctions(project).map(({ api }) => api);
  }, 60_000);

  it("names options that our losses have", () => {
    const missing = entries.flatMap(({ ours = "", options = {} }) => {
      const api = apis.find(({ name }) => name === ours);
      if (api === undefined) return [];
      const own = new Set(api.options.map(({ name }) => name));
      return Object.values(options)
        .filter((option) => /^\w+$/.test(option) && !own.has(option))
        .map((option) => `${ours}: ${option}`);
    });
    expect(missing).toEqual([]);
  });

  it("says what to use instead of a loss that we do not have", () => {
    const silent = entries.filter(({ ours, note }) => ours === undefined && note === undefined);
    expect(silent).toEqual([]);
  });

  it("lists each name of a library once", () => {
    for (const { library, losses } of peers) {
      const names = losses.flatMap(({ names }) => names);
      expect(names.length, library).toBe(new Set(names).size);
      expect(names.length, library).toBeGreaterThan(20);
    }
  });

  it("leads to the pages of our losses, and says which are planned", () => {
    const links = new Map(exported.map((name) => [name, `/losses/${name}`]));
    const text = coverageTables(links);
    for (const name of new Set(entries.flatMap(({ ours }) => ours ?? []))) {
      const said = isOurs(name) ? `[\`${name}\`](/losses/${name})` : `\`${name}\` is planned`;
      expect(text).toContain(said);
    }
  });

  it("names each loss that we export, and last those that no library has", () => {
    const links = new Map(exported.map((name) => [name, `/losses/${name}`]));
    const withNew = new Map([...links, ["newLoss", "/losses/newLoss"], ["sum", "/functions/sum"]]);
    const text = coverageTables(withNew);
    expect(exported.length).toBeGreaterThan(1);
    expect(exported.filter((name) => !text.includes(`(/losses/${name})`))).toEqual([]);
    const [, alone] = text.split("## Losses that only Surprisal has");
    expect(alone).toContain("- [`newLoss`](/losses/newLoss)");
    expect(alone).toContain("- [`asymmetricLoss`](/losses/asymmetricLoss)");
    expect(alone).not.toMatch(/crossEntropy`|sum/);
  });
});
