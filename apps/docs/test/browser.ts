import { type Browser, type BrowserServer, chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/browser.mjs";

const noGpu = ["--disable-gpu"];

/** WebGPU in software. Its compiler is faster if Dawn's shaders zero workgroup memory. */
const softwareGpu = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
];

/** Returns the options of the installed browser: a new profile, and no background requests. */
const options = (gpu = noGpu) => ({
  ...findBrowser(),
  args: [
    "--no-sandbox",
    ...gpu,
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/** Starts the browser. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch(options());
}

/** Starts the browser with WebGPU, which it computes in software. */
export function openBrowserWithGpu(): Promise<Browser> {
  return chromium.launch(options(softwareGpu));
}

/** Starts a browser that several processes use at once. */
export function startBrowser(): Promise<BrowserServer> {
  return chromium.launchServer({ ...options(), host: "127.0.0.1" });
}
