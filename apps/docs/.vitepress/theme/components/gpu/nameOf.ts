import type { Gpu } from "@surprisal/webgpu";

/** Returns what the browser tells of the GPU. Most tell the maker and the family only. */
export function nameOf({ device }: Gpu): string {
  const { vendor, architecture, description } = device.adapterInfo;
  return [description || vendor, architecture].filter(Boolean).join(", ") || "unnamed";
}
