/** The part of the WebAssembly API that we use. TypeScript declares it only together with the whole DOM, which Node does not have. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule;
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, WasmMemory>>>>,
  ) => WasmInstance;
  readonly Memory: new (pages: { initial: number; maximum: number }) => WasmMemory;
}

/** Compiled code; can be posted to another thread */
export interface WasmModule {
  readonly [Symbol.toStringTag]?: string;
}
interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

const { WebAssembly: api } = globalThis as unknown as { WebAssembly: WebAssemblyApi };

export const webAssembly: WebAssemblyApi = api;
