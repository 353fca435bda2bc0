// The parts of WebAssembly that are used here: its types come only with those of the DOM.
export interface Memory {
  readonly buffer: ArrayBufferLike;
}

interface MemorySize {
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

export interface WebAssemblyApi {
  readonly Module: new (binary: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (size: MemorySize) => Memory;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** Returns the runtime's WebAssembly; undefined where there is none. */
export function webAssembly(): WebAssemblyApi | undefined {
  return (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
}
