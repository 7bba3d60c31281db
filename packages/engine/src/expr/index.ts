export * from "./expr.ts";
export { evaluate, reduce } from "./scalar.ts";
export { compileKernel, instantiate, type Kernel, type KernelInstance, type KernelMemory, kernelMemory } from "./wasm/kernel.ts";
