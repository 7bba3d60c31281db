import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { registerOrtBackend } from "@amalgam/tfjs-backend-ort";
import { tf } from "./tf.ts";

export const backendNames = ["tensorflow", "webgpu", "ort", "wasm", "cpu"] as const;
export type BackendName = (typeof backendNames)[number];

export interface BackendChoice {
  readonly chosen: BackendName;
  /** Every backend looked at before and including the chosen one, and why it was passed over or taken. */
  readonly considered: readonly { readonly name: BackendName; readonly reason: string }[];
}

/** Readies a backend and says why it suits, or throws an Error that says why not. `isAutomatic`: take accelerators only. */
type Load = (isAutomatic: boolean) => Promise<string>;

const loaders: Readonly<Record<BackendName, Load>> = {
  tensorflow: loadTensorFlow,
  webgpu: loadWebGpu,
  ort: async () => {
    registerOrtBackend();
    return "ONNX Runtime's CPU kernels";
  },
  wasm: loadWasm,
  cpu: async () => "plain JavaScript",
};

let isSelected = false;

/**
 * Selects where models run. "auto" takes the first of tensorflow (with a GPU), webgpu (with a hardware adapter), ort, wasm and cpu that
 * works; a backend asked for by name that does not load is an error.
 */
export async function selectBackend(name: BackendName | "auto" = "auto"): Promise<BackendChoice> {
  if (name !== "auto" && !backendNames.includes(name)) {
    throw new Error(`There is no backend "${String(name)}"; choose auto, ${backendNames.join(", ")}.`);
  }
  tf.enableProdMode();
  const isAutomatic = name === "auto";
  const considered: { name: BackendName; reason: string }[] = [];
  for (const candidate of isAutomatic ? backendNames : [name]) {
    try {
      const reason = await loaders[candidate](isAutomatic);
      if (!(await tf.setBackend(candidate))) throw new Error("it did not initialise");
      await tf.ready();
      considered.push({ name: candidate, reason });
      isSelected = true;
      return { chosen: candidate, considered };
    } catch (error) {
      const reason = firstLine(error);
      if (!isAutomatic) throw new Error(`The backend "${candidate}" cannot be used: ${reason}.`, { cause: error });
      considered.push({ name: candidate, reason });
    }
  }
  throw new Error(`No backend works here: ${considered.map((entry) => `${entry.name} (${entry.reason})`).join(", ")}.`);
}

/** Selects a backend automatically unless `selectBackend` has been called. */
export async function ensureBackend(): Promise<void> {
  if (!isSelected) await selectBackend();
}

async function loadTensorFlow(isAutomatic: boolean): Promise<string> {
  restoreUtil();
  const gpu = await importOptional("@tensorflow/tfjs-node-gpu");
  const module = gpu ?? (await importOptional("@tensorflow/tfjs-node"));
  if (module === null) throw new Error("neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed");
  const backend: unknown = tf.findBackend("tensorflow");
  const hasGpu =
    typeof backend === "object" && backend !== null && "isUsingGpuDevice" in backend && backend.isUsingGpuDevice === true;
  if (isAutomatic && !hasGpu) throw new Error("it loads but reports no GPU");
  return hasGpu ? "libtensorflow on a GPU" : "libtensorflow on the CPU";
}

/** tfjs-node 4.22 calls functions that Node 23 removed from `util`. */
function restoreUtil(): void {
  const util = createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  util["isNullOrUndefined"] ??= (value: unknown) => value === null || value === undefined;
  util["isArray"] ??= Array.isArray;
}

interface Gpu {
  requestAdapter(): Promise<{ readonly isFallbackAdapter?: boolean; readonly info?: { readonly description?: string } } | null>;
}

async function loadWebGpu(isAutomatic: boolean): Promise<string> {
  const dawn = await importOptional("webgpu");
  if (dawn === null) throw new Error('the package "webgpu" is not installed');
  Object.assign(globalThis, dawn["globals"]);
  const gpu = (dawn["create"] as (flags: string[]) => Gpu)([]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true, writable: true });
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error("there is no adapter");
  const description = adapter.info?.description ?? "";
  const isSoftware = adapter.isFallbackAdapter === true || /llvmpipe|lavapipe|swiftshader/i.test(description);
  if (isAutomatic && isSoftware) throw new Error(`the only adapter is a software one (${description})`);
  // Only now: the package registers its backend when it is imported, and only where it finds a GPU.
  if ((await importOptional("@tensorflow/tfjs-backend-webgpu")) === null) {
    throw new Error('the package "@tensorflow/tfjs-backend-webgpu" is not installed');
  }
  // Small tensors would otherwise be computed by tfjs-cpu, whatever the adapter.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  return description === "" ? "a hardware adapter" : description;
}

async function loadWasm(): Promise<string> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const folder = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
  wasm.setWasmPaths(folder + sep);
  return "WebAssembly on one thread";
}

/** The module, or null when it is not installed; a module that is installed and fails to load throws. */
async function importOptional(name: string): Promise<Record<string, unknown> | null> {
  try {
    return await import(name);
  } catch (error) {
    const isAbsent =
      error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND" && error.message.includes(`'${name}'`);
    if (isAbsent) return null;
    throw new Error(`${name} is installed but does not load: ${firstLine(error)}`, { cause: error });
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? message).replace(/\.$/, "");
}
