import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import { fileSource, readHeader } from "@amalgam/engine/formats";
import type { Deps } from "../../deps.ts";
import type { Split } from "../../generated/prisma/client.ts";
import { stageBlob } from "../../platform/stage-blob.ts";

/** Of larger files the bytes as a whole are compared only: reading them would keep the caller waiting. */
const mostBytes = 256 * 2 ** 20;

/** Examples of the report split that are in the search split as well, byte for byte. */
export async function countShared(deps: Deps, search: Split, report: Split): Promise<number> {
  const known = new Set(await examplesOf(deps, search));
  return (await examplesOf(deps, report)).filter((example) => known.has(example)).length;
}

async function examplesOf(deps: Deps, { blobSha256, format }: Split): Promise<string[]> {
  const file = await stageBlob(deps.store, blobSha256, deps.scratchDir);
  if ((await fs.stat(file)).size > mostBytes) return [];
  if (format === "jsonl") {
    const lines = (await fs.readFile(file, "utf8")).split("\n").map((line) => line.trim());
    return lines.filter(Boolean).map(digest);
  }
  return format === "safetensors" ? rowsOf(file) : [];
}

/** Rows of the tensor that holds what goes into a network; its labels do not make an example another one. */
async function rowsOf(file: string): Promise<string[]> {
  const source = await fileSource(file);
  try {
    const { tensors } = await readHeader(source);
    const inputs = tensors.find(({ name }) => name === "features" || name === "images");
    const count = inputs?.shape[0] ?? 0;
    if (inputs === undefined || count === 0) return [];
    const bytes = new Uint8Array(inputs.end - inputs.begin);
    await source.read(inputs.begin, bytes);
    const size = bytes.length / count;
    return Array.from({ length: count }, (_, i) => digest(bytes.subarray(i * size, (i + 1) * size)));
  } finally {
    await source.close();
  }
}

const digest = (example: string | Uint8Array): string => createHash("sha256").update(example).digest("base64");
