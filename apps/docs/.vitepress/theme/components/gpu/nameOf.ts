import type { Gpu } from "@surprisal/webgpu";

/** Returns what the browser tells of the GPU. Most tell the maker and the family only. */
export function nameOf({ device }: Gpu): string {
  const { vendor, architecture, description, isFallbackAdapter } = device.adapterInfo;
  const software = isFallbackAdapter ? "computed in software" : "";
  return [description || vendor, architecture, software].filter(Boolean).join(", ") || "unnamed";
}
