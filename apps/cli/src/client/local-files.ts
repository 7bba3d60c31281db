import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { refusal } from "../failure.ts";
import type { FileInput } from "./operations.ts";

export interface LocalFile {
  /** Relative to the folder, with forward slashes. */
  readonly path: string;
  readonly location: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

export interface HashedFile extends LocalFile, FileInput {}

export interface Folder {
  readonly files: readonly LocalFile[];
  /** What was left out, with the reason. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

const pickles = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i;
/** What the registry takes; it judges again. Folders from the Hugging Face Hub also hold pictures, code and other formats. */
const kept = /\.(safetensors|json|txt|md|model|jinja|ya?ml)$|(^|\/)(LICEN[CS]E|NOTICE|COPYING|AUTHORS)$/i;

/**
 * The files of a checkpoint folder. Links to files are followed (the Hugging Face cache is made of them); hidden files and
 * pickles stay out: a pickle runs code when it is opened, so Amalgam never stores one.
 */
export async function listFolder(folder: string): Promise<Folder> {
  const info = await stat(folder).catch(() => null);
  if (!info) throw refusal("NO_FOLDER", `There is no folder ${folder}.`, [folder]);
  if (!info.isDirectory())
    throw refusal("NOT_A_FOLDER", `${folder} is a file; name the folder that holds config.json and the safetensors files.`, [
      folder,
    ]);
  await assertCheckpoint(folder);
  const files: LocalFile[] = [];
  const skipped: { path: string; reason: string }[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const location = path.join(entry.parentPath, entry.name);
    const name = path.relative(folder, location).split(path.sep).join("/");
    if (name.split("/").some((part) => part.startsWith("."))) continue;
    if (entry.isDirectory()) continue;
    const target = await stat(location).catch(() => null);
    if (!target) throw refusal("DANGLING_LINK", `${location} is a link to a file that is not there.`, [location]);
    if (!target.isFile()) continue;
    if (pickles.test(name)) skipped.push({ path: name, reason: "a pickle; Amalgam stores safetensors only" });
    else if (!kept.test(name)) skipped.push({ path: name, reason: "not a kind of file that a version holds" });
    else files.push({ path: name, location, sizeBytes: target.size, modifiedMs: target.mtimeMs });
  }
  return { files: files.sort((a, b) => (a.path < b.path ? -1 : 1)), skipped };
}

/** Weights at the top: whoever names a whole project by mistake should not upload it. */
async function assertCheckpoint(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.some((name) => name.endsWith(".safetensors"))) return;
  const pickle = names.find((name) => pickles.test(name));
  const advice =
    pickle === undefined
      ? "Name the folder of the checkpoint itself."
      : `${pickle} is a pickle: convert it to safetensors first.`;
  throw refusal("NO_SAFETENSORS", `${folder} holds no .safetensors file. ${advice}`, [folder]);
}

/** One file outside any folder listing, such as the examples of a task. */
export async function localFile(location: string): Promise<LocalFile> {
  const info = await stat(location);
  return { path: path.basename(location), location, sizeBytes: info.size, modifiedMs: info.mtimeMs };
}

export async function hashFile(
  file: LocalFile,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: (count: number) => void } = {},
): Promise<HashedFile> {
  const hash = createHash("sha256");
  const stream = createReadStream(file.location, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk);
    onBytes?.(chunk.length);
  }
  return { ...file, sha256: hash.digest("hex") };
}
