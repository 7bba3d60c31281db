export * from "./elementary.ts";
export * from "./expr.ts";
export type { RandomKey } from "./random.ts";
export { evaluate, evaluateNumber, type Scene } from "./scalar.ts";
export { compileKernel, instantiate, type Kernel, type KernelInstance, type KernelMemory, kernelMemory } from "./wasm/kernel.ts";
