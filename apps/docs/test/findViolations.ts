import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** The part of axe's rules that is applied to a page. */
export interface AxeScope {
  /** The element that is looked at. */
  readonly within: "body" | ".vp-doc";
  /** Whether contrasts are measured, in the light and in the dark theme. */
  readonly contrast: boolean;
}

/** Returns the serious and critical findings of axe. */
export async function findViolations(page: Page, scope: AxeScope): Promise<string[]> {
  await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important; }" });
  await page.evaluate(axe);
  const light = await runAxe(page, scope, false);
  return scope.contrast ? [...light, ...(await runAxe(page, scope, true))] : light;
}

/** Runs all rules in the light theme, and in the dark theme those on colours. */
async function runAxe(page: Page, scope: AxeScope, dark: boolean): Promise<string[]> {
  const violations = await page.evaluate(
    async ({ within, contrast, dark }) => {
      document.documentElement.classList.toggle("dark", dark);
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const rules = dark
        ? { runOnly: ["color-contrast"] }
        : { rules: { "color-contrast": { enabled: contrast } } };
      // The theme's search button contains its keyboard shortcut, which is not part of its name.
      const context = { include: [within], exclude: [".DocSearch"] };
      const results: AxeResults = await axe.run(context, { ...rules, resultTypes: ["violations"] });
      return results.violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        targets: nodes.map(({ target }) => target.join(" ")),
      }));
    },
    { ...scope, dark },
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, targets }) => `${dark ? "dark" : "light"}: ${id} at ${targets.slice(0, 3)}`);
}
