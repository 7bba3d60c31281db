import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type TensorData, writeSafetensors } from "../../formats/index.ts";
import { isArithmetic } from "../../tensor/dtype.ts";
import { firstNonFinite } from "../../tensor/non-finite.ts";
import { adapterFiles } from "../adapters/write-adapter.ts";
import { refuse } from "../fault.ts";
import type { Plan } from "../planned.ts";
import { methodOf } from "../recipe.ts";
import { combineModules } from "./combine-modules.ts";
import { extractModules } from "./extract-modules.ts";
import type { MadeModules } from "./made-modules.ts";
import type { MergedFile } from "./merge-options.ts";
import { adapterName } from "./output-layout.ts";
import type { Writing, Written } from "./write-weights.ts";

type Making = Pick<Writing, "plan" | "models" | "folder" | "options">;

/**
 * Makes an adapter in memory, module by module, and writes its factors; adapter_config.json comes back to be written beside them.
 * @throws RefusedError for factors or weights that are not finite, and for a result that is too large for its type
 */
export async function makeAdapter({ plan, models, folder, options }: Making): Promise<Written> {
  const { adapters } = methodOf(plan.recipe);
  const making = { plan, models, options };
  const made = adapters?.kind === "extract" ? await extractModules(making, adapters) : await combineModules(making, adapters);
  const { config, tensors, metadata } = adapterFiles({
    modules: made.modules,
    baseModel: made.baseModel,
    dtype: plan.recipe.dtype ?? "F32",
    layoutOf: (name) => made.layouts.get(name) ?? "linear",
  });
  checkFinite(tensors);
  const { durable, hash } = options;
  const file = await writeFactors(join(folder.path, adapterName), { tensors, metadata, durable, hash });
  return {
    files: [file],
    bytesRead: made.bytesRead,
    small: [{ path: "adapter_config.json", data: new TextEncoder().encode(config) }],
    plan: asMade(plan, tensors, made.notes),
    manifest: { adapter: { modules: describeModules(made) } },
  };
}

function checkFinite(tensors: readonly TensorData[]): void {
  for (const { name, dtype, data, shape } of tensors) {
    const elements = shape.reduce((a, b) => a * b, 1);
    if (!isArithmetic(dtype) || firstNonFinite(dtype, data, elements) < 0) continue;
    const message = `Tensor ${name} of the adapter is too large for ${dtype}; choose a wider dtype or smaller weights.`;
    throw refuse("OVERFLOW", message, ["dtype"]);
  }
}

interface WritingFactors {
  readonly tensors: readonly TensorData[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly durable: boolean | undefined;
  readonly hash: boolean | undefined;
}

async function writeFactors(path: string, writing: WritingFactors): Promise<MergedFile<string | null>> {
  const { tensors, metadata, durable = true, hash = true } = writing;
  const digest = createHash("sha256");
  let sizeBytes = 0;
  const handle = await open(path, "w");
  try {
    const write = async (bytes: Uint8Array) => {
      digest.update(bytes);
      sizeBytes += bytes.length;
      await handle.writeFile(bytes);
    };
    await writeSafetensors({ write }, tensors, metadata);
    if (durable) await handle.datasync();
  } finally {
    await handle.close();
  }
  return { path: adapterName, sha256: hash ? digest.digest("hex") : null, sizeBytes };
}

/** The plan with the tensors that there are; ranks may turn out smaller than planned. */
function asMade(plan: Plan, tensors: readonly TensorData[], notes: readonly string[]): Plan {
  const planned = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const made = tensors.flatMap(({ name, shape, data }) => {
    const tensor = planned.get(name);
    return tensor === undefined ? [] : [{ ...tensor, shape, sizeBytes: data.length }];
  });
  const writeBytes = made.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { ...plan, tensors: made, writeBytes, notes: [...plan.notes, ...notes] };
}

const describeModules = ({ modules, cuts }: MadeModules) =>
  Object.fromEntries([...modules].map(([name, { rank }]) => [name, { rank, ...cuts.get(name) }]));
