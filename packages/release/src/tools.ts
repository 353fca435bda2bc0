import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface Tools {
  readonly registry: { readonly verdaccio: string };
  readonly node: readonly string[];
  readonly bun: string;
  readonly deno: string;
  readonly workerd: string;
  readonly typescript: readonly string[];
  readonly testRunners: Readonly<Record<"jest" | "vitest", string>>;
  readonly bundlers: Readonly<Record<string, string>>;
}

/** The versions of all programs that the check installs. */
export const tools: Tools = JSON.parse(
  readFileSync(new URL("../tools.json", import.meta.url), "utf8"),
);

/** The root of the workspace. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The pinned pnpm of the workspace, as npx takes it: "pnpm@12.0.0". */
export const { packageManager }: { packageManager: string } = JSON.parse(
  readFileSync(new URL("../../../package.json", import.meta.url), "utf8"),
);

/** The programs that the check copies into the projects of users. */
export const consumers = fileURLToPath(new URL("../consumers/", import.meta.url));
