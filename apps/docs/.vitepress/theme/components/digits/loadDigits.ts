import file from "@surprisal/digits/digits.csv.gz?url";

/** Fetches the data set as text, once. */
export async function loadDigits(): Promise<string> {
  const response = await fetch(file);
  if (!response.ok) throw new Error(`The digits could not be loaded: status ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  // Some servers declare a .gz as compressed, and the browser has decompressed it already.
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const blob = new Blob([bytes]);
  if (!isPacked) return blob.text();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
