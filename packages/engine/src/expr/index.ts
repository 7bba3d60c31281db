export * from "./elementary.ts";
export * from "./expr.ts";
export type { RandomKey } from "./random.ts";
export { evaluate, evaluateNumber, type Scene } from "./scalar.ts";
export { compileKernel, type Kernel, type KernelMemory, kernelMemory, outlineOf, shapeFor } from "./wasm/kernel.ts";
export { KernelInstance } from "./wasm/kernel-instance.ts";
