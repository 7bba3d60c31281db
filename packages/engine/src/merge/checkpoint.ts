import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { type FileSource, fileSource } from "../formats/file-source.ts";
import { FormatError } from "../formats/format-error.ts";
import { readHeader, type SafetensorsHeader } from "../formats/safetensors-header.ts";
import type { Dtype } from "../tensor/dtype.ts";
import type { CheckpointHeader } from "./checkpoint-header.ts";
import { refuse } from "./fault.ts";

import { stateFile } from "./opcm/state.ts";
import { type Fields, isFields } from "./record.ts";
import { readShardIndex, type ShardIndex } from "./shard-index.ts";
import { readTaskList, taskListFile } from "./task-list.ts";

export interface CheckpointTensor {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Index into `files` */
  readonly file: number;
  /** Absolute offsets in that file */
  readonly begin: number;
  readonly end: number;
}

/** An opened checkpoint: headers read and checked, no tensor bytes touched, no file left open. */
export interface Checkpoint {
  /** The folder; of a single file, its folder */
  readonly folder: string;
  /** False when a single file was opened */
  readonly isFolder: boolean;
  readonly header: CheckpointHeader;
  /** Paths of the safetensors files */
  readonly files: readonly string[];
  /** By name */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}

const wholeName = "model.safetensors";
const indexName = "model.safetensors.index.json";
const pickleName = /\.(bin|pt|pth|ckpt|pkl|pickle|th)$/i;
const maxJsonBytes = 64_000_000;

/**
 * Opens a Hugging Face folder (model.safetensors, or an index and its shards) or a single safetensors file.
 * @param label name for messages; default: the path
 * @throws RefusedError for a missing file, an unsafe format (by name, never opened), a broken file or index
 */
export async function openCheckpoint(folderOrFile: string, label: string = folderOrFile): Promise<Checkpoint> {
  const info = await stat(folderOrFile).catch(() => null);
  if (info === null) throw refuse("CHECKPOINT_MISSING", `${label}: there is no ${folderOrFile}.`);
  if (!info.isDirectory()) {
    refuseByName(basename(folderOrFile), label);
    return openFiles({ folder: dirname(folderOrFile), isFolder: false, names: [basename(folderOrFile)], index: null, label });
  }
  const present = await readdir(folderOrFile);
  if (present.includes(wholeName))
    return openFiles({ folder: folderOrFile, isFolder: true, names: [wholeName], index: null, label });
  if (present.includes(indexName)) {
    const index = readShardIndex(await readFile(join(folderOrFile, indexName), "utf8"), `${label}: ${indexName}`);
    for (const shard of index.shards) await checkShard(folderOrFile, shard, label);
    return openFiles({ folder: folderOrFile, isFolder: true, names: index.shards, index, label });
  }
  return openFiles({ folder: folderOrFile, isFolder: true, names: [onlyFile(present, folderOrFile, label)], index: null, label });
}

function refuseByName(name: string, label: string): void {
  if (pickleName.test(name)) {
    throw refuse(
      "PICKLE_REFUSED",
      `${label}: ${name} is a pickle format, which can run code when it is loaded; convert it to safetensors where you trust it.`,
    );
  }
  if (/\.gguf$/i.test(name))
    throw refuse("FORMAT_UNSUPPORTED", `${label}: ${name} is GGUF; use the safetensors files it was made from.`);
}

/** The one safetensors file of a folder that follows no convention. */
function onlyFile(present: readonly string[], folder: string, label: string): string {
  const candidates = present.filter((name) => name.endsWith(".safetensors"));
  const [only] = candidates;
  if (candidates.length > 1) {
    throw refuse(
      "CHECKPOINT_AMBIGUOUS",
      `${label}: ${folder} holds ${candidates.length} safetensors files but neither ${wholeName} nor ${indexName}.`,
    );
  }
  if (only?.startsWith("adapter_"))
    throw refuse("ADAPTER_UNSUPPORTED", `${label}: ${only} is an adapter; bake it into its base first.`);
  if (only !== undefined) return only;
  for (const name of present) refuseByName(name, label);
  throw refuse("CHECKPOINT_MISSING", `${label}: ${folder} holds no ${wholeName} and no ${indexName}.`);
}

/** A shard must be a file of this folder. Links are followed only as the Hugging Face cache makes them: into its blobs folder. */
async function checkShard(folder: string, shard: string, label: string): Promise<void> {
  const path = await realpath(join(folder, shard)).catch(() => null);
  if (path === null) throw refuse("SHARD_MISSING", `${label}: ${indexName} names ${shard}, which is not in ${folder}.`);
  const root = await realpath(folder);
  const inside = (parent: string) => !relative(parent, path).startsWith(`..${sep}`) && relative(parent, path) !== "..";
  if (!inside(root) && !inside(join(root, "..", "..", "blobs"))) {
    throw refuse("SHARD_OUTSIDE", `${label}: the shard ${shard} is a link to ${path}, outside its folder.`);
  }
}

interface Opening {
  readonly folder: string;
  readonly isFolder: boolean;
  readonly names: readonly string[];
  readonly index: ShardIndex | null;
  readonly label: string;
}

async function openFiles({ folder, isFolder, names, index, label }: Opening): Promise<Checkpoint> {
  const files = names.map((name) => join(folder, name));
  const headers = await Promise.all(files.map((path, i) => readFileHeader(path, `${label}: ${names[i]}`)));
  const tensors = new Map<string, CheckpointTensor>();
  headers.forEach((header, file) => {
    for (const { name, dtype, shape, begin, end } of header.tensors) {
      const earlier = tensors.get(name);
      if (earlier !== undefined) {
        throw refuse("SHARD_DUPLICATE", `${label}: tensor ${name} is in ${names[earlier.file]} and again in ${names[file]}.`);
      }
      tensors.set(name, { name, dtype, shape, file, begin, end });
    }
  });
  if (index !== null) checkIndex(index, tensors, { names, label });
  const space = spaceOf(headers);
  const config = await readConfig(folder, label);
  const states = isFolder ? await readStates(folder, label) : {};
  const list = space === "tasks" ? await readObject(folder, taskListFile, { code: "TASKS_INVALID", label }) : null;
  const tasks = space === "tasks" ? { tasks: readTaskList(list, label) } : {};
  const header = { label, config, space, states, ...tasks, tensors: [...tensors.values()] } as const;
  return { folder, isFolder, header, files, tensors };
}

function spaceOf(headers: readonly SafetensorsHeader[]): "weights" | "delta" | "tasks" {
  const marks = headers.map(({ metadata }) => metadata.get("amalgam.space"));
  if (marks.includes("tasks")) return "tasks";
  return marks.includes("delta") ? "delta" : "weights";
}

async function readFileHeader(path: string, label: string): Promise<SafetensorsHeader> {
  let source: FileSource;
  try {
    source = await fileSource(path);
  } catch (error) {
    throw refuse("CHECKPOINT_UNREADABLE", `${label}: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return await readHeader(source);
  } catch (error) {
    if (error instanceof FormatError) throw refuse(error.code, `${label}: ${error.message}`);
    throw error;
  } finally {
    await source.close();
  }
}

/** The index and the shards must say the same: who believes the one must find what who believes the other finds. */
function checkIndex(
  index: ShardIndex,
  tensors: ReadonlyMap<string, CheckpointTensor>,
  { names, label }: { names: readonly string[]; label: string },
): void {
  for (const [name, shard] of index.weightMap) {
    const tensor = tensors.get(name);
    const actual = tensor === undefined ? "no shard" : names[tensor.file];
    if (actual !== shard)
      throw refuse("INDEX_MISMATCH", `${label}: ${indexName} puts tensor ${name} into ${shard}, but it is in ${actual}.`);
  }
  for (const name of tensors.keys()) {
    if (!index.weightMap.has(name))
      throw refuse("INDEX_MISMATCH", `${label}: tensor ${name} is in a shard but not in ${indexName}.`);
  }
  const size = [...tensors.values()].reduce((total, { begin, end }) => total + end - begin, 0);
  if (index.totalSize !== null && index.totalSize !== size) {
    throw refuse(
      "INDEX_MISMATCH",
      `${label}: ${indexName} states a total size of ${index.totalSize} bytes, but the shards hold ${size}.`,
    );
  }
}

const readConfig = (folder: string, label: string): Promise<Fields | null> =>
  readObject(folder, "config.json", { code: "CONFIG_INVALID", label });

/** What merges leave behind for later ones. */
async function readStates(folder: string, label: string): Promise<Fields> {
  const state = await readObject(folder, stateFile, { code: "STATE_INVALID", label });
  return state === null ? {} : { [stateFile]: state };
}

/** @returns null when there is no such file */
async function readObject(
  folder: string,
  name: string,
  { code, label }: { code: string; label: string },
): Promise<Fields | null> {
  const path = join(folder, name);
  const info = await stat(path).catch(() => null);
  if (info === null) return null;
  if (info.size > maxJsonBytes) throw refuse(code, `${label}: ${name} has ${info.size} bytes.`);
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (isFields(value)) return value;
  } catch {
    // Falls through to the one message for everything that is not a JSON object.
  }
  throw refuse(code, `${label}: ${name} is not a JSON object.`);
}
