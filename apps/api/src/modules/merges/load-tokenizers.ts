import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { type CheckpointHeader, openTokenizers } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { File } from "../../generated/prisma/client.ts";
import { stageVersion } from "../models/stage-version.ts";

/** A model of a merge, with the files of its version. */
export interface LoadedModel {
  readonly header: CheckpointHeader;
  readonly files: readonly File[];
}

const sentencePiece = ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"];
const vocabularies = ["vocab.json", "merges.txt", "vocab.txt", ...sentencePiece];
/** Without tokenizer.json, each of these can change how text becomes ids. */
const legacy = [...vocabularies, "added_tokens.json", "tokenizer_config.json"];

/** The files that decide how text becomes ids, sorted; none when there is no vocabulary among them. */
function decidingFiles(files: readonly File[]): File[] {
  const modern = files.filter(({ path: name }) => name === "tokenizer.json");
  if (modern.length > 0) return modern;
  const found = files.filter(({ path: name }) => legacy.includes(name));
  const isTokenizer = found.some(({ path: name }) => vocabularies.includes(name));
  return isTokenizer ? found.sort((a, b) => (a.path < b.path ? -1 : 1)) : [];
}

/**
 * Adds to each header what a plan wants to know of its tokenizer. Equal files need not be read: bytes are staged only when they
 * differ, or the recipe makes one tokenizer of several.
 * @throws RefusedError for a tokenizer file that is too large
 */
export async function withTokenizers(
  deps: Deps,
  models: readonly LoadedModel[],
  hasPolicy: boolean,
): Promise<CheckpointHeader[]> {
  const found = models.map(({ header, files }) => ({ header, files: decidingFiles(files) }));
  const fingerprints = new Set(found.flatMap(({ files }) => (files.length === 0 ? [] : fingerprintOf(files))));
  if (!hasPolicy && fingerprints.size <= 1)
    return found.map(({ header, files }) => ({ ...header, tokenizer: files.length === 0 ? null : unread(fingerprintOf(files)) }));
  const folder = path.join(deps.scratchDir, "tokenizers", randomUUID());
  const signal = AbortSignal.timeout(60_000);
  try {
    const staged = found.map(async ({ header, files }, k) => {
      const own = path.join(folder, String(k));
      await fs.mkdir(own, { recursive: true });
      await stageVersion(deps, { label: header.label, files, folder: own, signal });
      return { folder: own, isFolder: true, header, files: [], tensors: new Map() };
    });
    return (await openTokenizers(await Promise.all(staged))).map(({ header }) => header);
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}

const fingerprintOf = (files: readonly File[]): string =>
  createHash("sha256")
    .update(files.map(({ path: name, sha256 }) => `${name} ${sha256}\n`).join(""))
    .digest("hex");

/** All models have the same files, so no plan asks what they hold. */
const unread = (fingerprint: string): NonNullable<CheckpointHeader["tokenizer"]> => ({
  fingerprint,
  vocabulary() {
    throw new Error("The tokenizers are equal, so they were not read.");
  },
});
