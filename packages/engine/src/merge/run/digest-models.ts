import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { folderDigest } from "../folder-digest.ts";
import type { OpenModel } from "../open-model.ts";
import type { MergeOptions } from "./merge-options.ts";
import { startWorker } from "./start-worker.ts";

export interface Digesting {
  /** Content digest of each model, base first; null when the caller did not want them */
  readonly result: Promise<string[] | null>;
  /** Ends the work if it is still under way. */
  stop(): Promise<void>;
}

/** Digests given by the caller, or computed on a thread of their own beside the merge. */
export function digestModels(models: readonly OpenModel[], { digests, recipe }: MergeOptions): Digesting {
  const stop = async () => {};
  if (digests === "skip") return { result: Promise.resolve(null), stop };
  if (digests !== undefined) {
    return { result: Promise.resolve([...(recipe.base === null ? [] : [digests.base ?? ""]), ...digests.parents]), stop };
  }
  let stopWorker: () => Promise<unknown> = stop;
  const compute = async () => {
    const listed = await Promise.all(models.map(listFiles));
    const worker = startWorker<string[]>({
      role: "hash-files",
      paths: listed.flatMap((files) => files.map(({ path }) => path)),
    });
    stopWorker = worker.terminate;
    const sha256 = await worker.result;
    let next = 0;
    return listed.map((files) => folderDigest(files.map(({ name }) => ({ path: name, sha256: sha256[next++] ?? "" }))));
  };
  const result = compute();
  // A failure counts only for who waits for the result; a merge that fails first must not leave an unhandled rejection.
  result.catch(() => {});
  return {
    result,
    async stop() {
      await stopWorker();
    },
  };
}

/** Kinds of files that a version in the registry holds, so that a folder has the digest that it would have there. */
const kept = /\.(safetensors|json|txt|md|model|jinja|ya?ml)$|(^|\/)(LICEN[CS]E|NOTICE|COPYING|AUTHORS)$/i;

interface ListedFile {
  /** As it counts in the digest */
  readonly name: string;
  readonly path: string;
}

/** The files that make up a model; those of an adapter that is baked into it count under adapter/. */
export async function listFiles({ folder, files, isFolder, adapter }: OpenModel): Promise<ListedFile[]> {
  const own = isFolder ? await listFolder(folder, "") : files.slice(0, 1).map((path) => ({ name: relative(folder, path), path }));
  return adapter === null ? own : [...own, ...(await listFolder(adapter.folder, "adapter/"))];
}

async function listFolder(folder: string, prefix: string): Promise<ListedFile[]> {
  const names = await readdir(folder, { recursive: true });
  const wanted = names.map((name) => name.split(sep).join("/")).filter((name) => kept.test(name) && !/(^|\/)\./.test(name));
  // Links are followed, as the Hugging Face cache is made of them; what is no file (a pipe would never end) stays out.
  const isFile = await Promise.all(
    wanted.map(async (name) => (await stat(join(folder, name)).catch(() => null))?.isFile() ?? false),
  );
  return wanted.filter((_, i) => isFile[i]).map((name) => ({ name: `${prefix}${name}`, path: join(folder, name) }));
}
