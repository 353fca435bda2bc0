/** Returns the URL of a program in the playground. Servers do not receive the part after the #. */
export async function shareLink(code: string): Promise<string> {
  const bytes = await pipe(new CompressionStream("deflate-raw"), new TextEncoder().encode(code));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return `/playground#code=${text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/** Returns the program in the part of a URL after the #, if it can be decoded. */
export async function codeIn(hash: string): Promise<string | undefined> {
  const packed = /^#code=([\w-]+)$/.exec(hash)?.[1];
  if (packed === undefined) return undefined;
  try {
    const text = atob(packed.replace(/-/g, "+").replace(/_/g, "/"));
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const code = await pipe(new DecompressionStream("deflate-raw"), bytes);
    return new TextDecoder("utf-8", { fatal: true }).decode(code);
  } catch {
    return undefined;
  }
}

async function pipe(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer(),
  );
}
