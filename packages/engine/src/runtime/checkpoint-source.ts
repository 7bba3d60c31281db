import { join } from "node:path";
import { fileSource, readHeader } from "../formats/index.ts";
import type { CheckpointSource } from "./architecture.ts";
import { readJson, readTensorFile, weightFiles } from "./checkpoint-tensors.ts";
import type { TensorValues } from "./parameters.ts";

/** A Hugging Face folder as an architecture gets it: config and headers are read now, tensors when asked for. */
export async function openCheckpoint(folder: string): Promise<CheckpointSource> {
  const configFile = join(folder, "config.json");
  const config = await readJson(configFile);
  const owners = new Map<string, string>();
  for (const file of await weightFiles(folder)) {
    const source = await fileSource(file);
    try {
      const { tensors, metadata } = await readHeader(source);
      if (metadata.get("amalgam.space") === "delta") {
        throw new Error(`${folder} holds a task vector (differences of weights), which cannot be run as a model.`);
      }
      for (const { name } of tensors) owners.set(name, file);
    } finally {
      await source.close();
    }
  }
  return {
    config,
    configFile,
    folder,
    names: new Set(owners.keys()),
    read: (names) => readNamed(folder, owners, names),
  };
}

async function readNamed(
  folder: string,
  owners: ReadonlyMap<string, string>,
  names: Iterable<string>,
): Promise<ReadonlyMap<string, TensorValues>> {
  const wanted = new Set(names);
  const files = new Set<string>();
  for (const name of wanted) {
    const file = owners.get(name);
    if (file === undefined) throw new Error(`${folder} has no tensor "${name}".`);
    files.add(file);
  }
  const tensors = new Map<string, TensorValues>();
  for (const file of files) await readTensorFile(file, (name) => wanted.has(name), tensors);
  return tensors;
}
