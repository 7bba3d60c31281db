import { FormatError } from "../formats/format-error.ts";
import { JsonScanner } from "../formats/json-scanner.ts";
import { refuse } from "./fault.ts";

/** model.safetensors.index.json: which shard holds which tensor. */
export interface ShardIndex {
  readonly weightMap: ReadonlyMap<string, string>;
  /** File names in the folder, each once, sorted */
  readonly shards: readonly string[];
  readonly totalSize: number | null;
}

const shardName = /^[\w.-]+\.safetensors$/;

/**
 * Reads an index. Duplicate keys, anything but strings in weight_map, and shard names with a path are refused.
 * @throws RefusedError
 */
export function readShardIndex(text: string, label: string): ShardIndex {
  const scanner = new JsonScanner(text);
  const weightMap = new Map<string, string>();
  let totalSize: number | null = null;
  try {
    scanner.object((key) => {
      if (key === "weight_map") readWeightMap(scanner, weightMap);
      else if (key === "metadata") totalSize = readTotalSize(scanner);
      else scanner.skip();
    });
    scanner.end();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw refuse("INDEX_INVALID", `${label}: ${error.message.replace("The header", "The index")}`);
  }
  if (weightMap.size === 0) throw refuse("INDEX_INVALID", `${label}: weight_map is missing or empty.`);
  const shards = [...new Set(weightMap.values())].sort();
  for (const shard of shards) {
    if (!shardName.test(shard))
      throw refuse(
        "SHARD_OUTSIDE",
        `${label}: ${JSON.stringify(shard)} is not the name of a safetensors file in the same folder.`,
      );
  }
  return { weightMap, shards, totalSize };
}

function readWeightMap(scanner: JsonScanner, weightMap: Map<string, string>): void {
  scanner.object((name) => {
    weightMap.set(name, scanner.string());
  });
}

function readTotalSize(scanner: JsonScanner): number | null {
  let size: number | null = null;
  scanner.object((key) => {
    // Some writers put other things, or a string, here: only a number is a claim that can be checked.
    if (key === "total_size" && /\d/.test(scanner.peek())) size = Number(scanner.numeral());
    else scanner.skip();
  });
  return size;
}
