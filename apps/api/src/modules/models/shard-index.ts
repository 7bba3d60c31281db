import type { Deps } from "../../deps.ts";
import { BadFileError } from "./bad-file-error.ts";

const indexName = "model.safetensors.index.json";

interface StoredFile {
  readonly path: string;
  readonly sha256: string;
}

/** The index and the shards must agree: every tensor once, in the shard the index says. */
export async function checkShards(
  deps: Deps,
  files: readonly StoredFile[],
  index: Record<string, unknown> | null,
): Promise<void> {
  if (!index) return;
  const bad = (message: string) => new BadFileError(indexName, "BAD_INDEX", `${indexName}: ${message}`);
  const map = index["weight_map"];
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw bad("weight_map is missing or not an object.");
  const entries = Object.entries(map as Record<string, unknown>);
  const shards = files.filter(({ path }) => path.endsWith(".safetensors"));
  for (const [tensor, shard] of entries)
    if (typeof shard !== "string" || !shards.some(({ path }) => path === shard))
      throw bad(
        `tensor ${JSON.stringify(tensor.slice(0, 200))} is said to be in ${JSON.stringify(String(shard).slice(0, 200))}, which is not among the files.`,
      );
  const wanted = new Map(entries);
  const found = new Map<string, string>();
  const rows = await deps.db.tensorInfo.findMany({
    where: { blobSha256: { in: shards.map(({ sha256 }) => sha256) } },
    select: { name: true, blobSha256: true },
  });
  for (const { name, blobSha256 } of rows) {
    const path = shards.find(({ sha256 }) => sha256 === blobSha256)?.path ?? "";
    if (found.has(name)) throw bad(`tensor ${name} is in both ${found.get(name)} and ${path}.`);
    found.set(name, path);
    if (wanted.get(name) !== path)
      throw bad(`tensor ${name} is in ${path}, but the index says ${String(wanted.get(name) ?? "nothing of it")}.`);
  }
  const missing = entries.find(([tensor]) => !found.has(tensor));
  if (missing) throw bad(`tensor ${missing[0]} is not in ${String(missing[1])}.`);
}
