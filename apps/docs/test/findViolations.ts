import { readFileSync } from "node:fs";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** The parts of a page that axe looks at: the navigation is the same on all pages of a section. */
export type Parts = "all" | "all but navigation";

const excluded: Record<Parts, string[]> = {
  // The theme's search button contains its keyboard shortcut, which is not part of its name.
  all: [".DocSearch"],
  "all but navigation": [".VPNav", ".VPSidebar"],
};

/**
 * Returns the serious and critical findings of axe. It shortens long code, whose lines are all of the same parts:
 * axe would take longer for them than for all else.
 */
export async function findViolations(page: Page, parts: Parts): Promise<string[]> {
  await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important; }" });
  await page.evaluate(() => {
    for (const name of [".line", ".line-number"]) {
      for (const line of document.querySelectorAll(`${name}:nth-of-type(n + 201)`)) line.remove();
    }
  });
  await page.evaluate(axe);
  const light = await runAxe(page, parts, false);
  return [...light, ...(await runAxe(page, parts, true))];
}

/** Runs all rules in the light theme, and in the dark theme those on colours. */
async function runAxe(page: Page, parts: Parts, dark: boolean): Promise<string[]> {
  const violations = await page.evaluate(
    async ({ exclude, dark, readsStyles }) => {
      document.documentElement.classList.toggle("dark", dark);
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const rules = dark ? { runOnly: ["color-contrast"] } : {};
      const context = { include: ["body"], exclude };
      const results: AxeResults = await axe.run(context, {
        ...rules,
        resultTypes: ["violations"],
        // All pages have the same style sheets: one that locks the orientation is found in the pages with navigation.
        preload: readsStyles,
      });
      return results.violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        targets: nodes.map(({ target }) => target.join(" ")),
      }));
    },
    { exclude: excluded[parts], dark, readsStyles: parts === "all" && !dark },
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, targets }) => `${dark ? "dark" : "light"}: ${id} at ${targets.slice(0, 3)}`);
}
