import { type Browser, type BrowserServer, chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/browser.mjs";

const noGpu = ["--disable-gpu"];

/** WebGPU in software. Its compiler is faster if Dawn's shaders zero workgroup memory. */
const softwareGpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
];

/** V8 runs code without its optimizing compilers. */
const unoptimized = ["--js-flags=--max-opt=1"];

/** All pages of a window share a process, and with it the compiled code of the site. */
const oneProcess = ["--process-per-site"];

/** Returns the options of the installed browser: a new profile, and no background requests. */
const options = (...more: string[]) => ({
  ...findBrowser(),
  args: [
    "--no-sandbox",
    ...more,
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/** Starts the browser. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch(options(...noGpu));
}

/**
 * Starts a browser for scripts that run once in each page, as axe does. Optimizing their code in every page takes as long
 * as running it.
 */
export function openBrowserForInspection(): Promise<Browser> {
  return chromium.launch(options(...noGpu, ...unoptimized));
}

/** Starts the browser with WebGPU, which it computes in software. */
export function openBrowserWithGpu(): Promise<Browser> {
  return chromium.launch(options(...softwareGpu));
}

/** Starts a browser that several processes use at once. */
export function startBrowser(): Promise<BrowserServer> {
  return chromium.launchServer({ ...options(...noGpu, ...oneProcess), host: "127.0.0.1" });
}
