import type { Deps } from "../../deps.ts";
import type { Prisma, VersionKind } from "../../generated/prisma/client.ts";
import { BadFileError } from "./bad-file-error.ts";
import { readCard } from "./read-card.ts";
import { parseJsonObject, readSmallFile } from "./read-small-file.ts";
import { checkShards } from "./shard-index.ts";
import { summariseTensors } from "./summarise-tensors.ts";

interface StoredFile {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: bigint;
}

export interface CheckpointFacts {
  readonly architecture: string | null;
  readonly licence: string | null;
  readonly card: string | null;
  readonly config?: Prisma.InputJsonObject;
  readonly space: "weights" | "delta";
  readonly dtype: string | null;
  readonly tensorCount: number;
  readonly parameterCount: bigint;
}

/** Reads what the small files and the tensor rows of a version say. All of its files are in the store by now. */
export async function describeCheckpoint(
  deps: Deps,
  version: { readonly kind: VersionKind; readonly licence: string | null },
  files: readonly StoredFile[],
): Promise<CheckpointFacts> {
  const find = (path: string) => files.find((file) => file.path === path);
  const json = async (path: string) => {
    const file = find(path);
    return file ? parseJsonObject(path, await readSmallFile(deps, file)) : null;
  };
  const config = await json("config.json");
  for (const path of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"])
    await json(path);
  await checkShards(deps, files, await json("model.safetensors.index.json"));
  const readme = find("README.md");
  const { card, licence } = readme ? readCard(await readSmallFile(deps, readme)) : { card: null, licence: null };
  const summary = await summariseTensors(deps, files);
  checkSpace(version.kind, summary.space);
  return {
    architecture: architectureOf(config),
    licence: version.licence ?? licence ?? textOf(config?.["license"]),
    card,
    ...summary,
    ...(config && { config: config as Prisma.InputJsonObject }),
  };
}

function architectureOf(config: Record<string, unknown> | null): string | null {
  const list = config?.["architectures"];
  return Array.isArray(list) ? textOf(list[0]) : textOf(config?.["model_type"]);
}

const textOf = (value: unknown): string | null => (typeof value === "string" && value.length > 0 ? value.slice(0, 200) : null);

function checkSpace(kind: VersionKind, space: "weights" | "delta"): void {
  if ((kind === "TASK_VECTOR") === (space === "delta") || kind === "ADAPTER" || kind === "MERGED") return;
  const message =
    space === "delta"
      ? 'model.safetensors is a task vector (its metadata says amalgam.space = "delta"); register it with the kind TASK_VECTOR.'
      : 'model.safetensors lacks the metadata amalgam.space = "delta", so it is not a task vector; register it with another kind.';
  throw new BadFileError("model.safetensors", "SPACE_MISMATCH", message);
}
