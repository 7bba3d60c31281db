import { type Layout, layoutHeader } from "../../formats/safetensors-writer.ts";
import type { Plan, PlannedTensor } from "../plan.ts";

export interface OutputLayout {
  readonly files: readonly (Layout & { readonly name: string })[];
  /** model.safetensors.index.json, when there is more than one file */
  readonly index: string | null;
}

const wholeName = "model.safetensors";
export const adapterName = "adapter_model.safetensors";
const shardName = (i: number, count: number): string =>
  `model-${String(i + 1).padStart(5, "0")}-of-${String(count).padStart(5, "0")}.safetensors`;

/**
 * Cuts the result into files before any byte of it exists: tensors in order of name, a new shard where the next tensor would not
 * fit. A tensor larger than a shard gets a shard of its own.
 */
export function layoutOutput(plan: Plan, maxShardBytes: number): OutputLayout {
  const metadata = new Map([
    ["format", "pt"],
    ...(plan.output === "weights" ? [] : ([["amalgam.space", plan.output]] as const)),
  ] as const);
  const isAdapter = plan.output === "adapter";
  const shards = cut(plan.tensors, isAdapter ? Number.POSITIVE_INFINITY : maxShardBytes);
  const files = shards.map((tensors, i) => ({
    ...layoutHeader(tensors, metadata),
    name: isAdapter ? adapterName : shards.length === 1 ? wholeName : shardName(i, shards.length),
  }));
  return { files, index: files.length === 1 ? null : indexOf(files, plan.writeBytes) };
}

function cut(tensors: readonly PlannedTensor[], maxShardBytes: number): PlannedTensor[][] {
  const shards: PlannedTensor[][] = [];
  let room = 0;
  for (const tensor of [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const last = shards.at(-1);
    if (last === undefined || tensor.sizeBytes > room) {
      shards.push([tensor]);
      room = maxShardBytes;
    } else last.push(tensor);
    room -= tensor.sizeBytes;
  }
  return shards;
}

function indexOf(files: OutputLayout["files"], totalSize: number): string {
  const map = files.flatMap(({ name, tensors }) => tensors.map((tensor): [string, string] => [tensor.name, name]));
  map.sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ metadata: { total_size: totalSize }, weight_map: Object.fromEntries(map) }, null, 2)}\n`;
}
