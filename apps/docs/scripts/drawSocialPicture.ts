// Draws public/social.png, the picture that other sites show with a link to the site.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openBrowser } from "../test/browser.ts";

const publicFile = (name: string) => new URL(`../public/${name}`, import.meta.url);
const curve = readFileSync(publicFile("curve.svg"), "utf8");

const browser = await openBrowser();
const page = await browser.newPage({ viewport: { width: 1200, height: 630 } });
await page.setContent(`<!doctype html>
<style>
  body { display: flex; align-items: center; gap: 40px; height: 630px; margin: 0; padding: 0 80px;
    box-sizing: border-box; background: #0f2f2e; color: #fff; font-family: sans-serif; }
  h1 { margin: 0 0 24px; font-size: 92px; }
  p { margin: 0; color: #c9dedc; font-size: 36px; line-height: 1.4; }
  svg { flex: none; width: 420px; }
</style>
<div><h1>Surprisal</h1><p>Classification losses for JavaScript and TypeScript: exact, fast,
differentiable.</p></div>${curve}`);
await page.screenshot({ path: fileURLToPath(publicFile("social.png")) });
await browser.close();
