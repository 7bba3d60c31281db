import { readdir, readFile, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

/** A repository on Hugging Face, at a branch, tag or commit. */
export interface HubModel {
  readonly repository: string;
  readonly revision: string | null;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Where the Hugging Face programs keep what they have downloaded; the variables are theirs. */
export function hubCacheFolder(env: Env): string {
  const own = env["HF_HUB_CACHE"] || env["HUGGINGFACE_HUB_CACHE"];
  if (own) return path.resolve(own);
  const cache = env["XDG_CACHE_HOME"] || path.join(env["HOME"] || os.homedir(), ".cache");
  return path.resolve(env["HF_HOME"] || path.join(cache, "huggingface"), "hub");
}

/** The command that puts a model into that cache. */
export const downloadCommand = ({ repository, revision }: HubModel): string =>
  `huggingface-cli download ${repository}${revision === null ? "" : ` --revision ${revision}`}`;

const isFolder = async (folder: string): Promise<boolean> => (await stat(folder).catch(() => null))?.isDirectory() === true;

/** The downloaded folder of a model; null when it is not in the cache. Nothing is fetched. */
export async function findInHubCache({ repository, revision }: HubModel, env: Env): Promise<string | null> {
  const model = path.join(hubCacheFolder(env), `models--${repository.replaceAll("/", "--")}`);
  const wanted = revision ?? "main";
  // A branch may have slashes; what leads out of refs is none.
  const ref = path.join(model, "refs", ...wanted.split("/"));
  const isInside = ref.startsWith(path.join(model, "refs") + path.sep);
  const commit = isInside ? (await readFile(ref, "utf8").catch(() => "")).trim() : "";
  if (/^[0-9a-f]{6,64}$/.test(commit)) {
    const folder = path.join(model, "snapshots", commit);
    if (await isFolder(folder)) return folder;
  }
  if (!/^[0-9a-f]{6,64}$/.test(wanted)) return null;
  const snapshots = await readdir(path.join(model, "snapshots")).catch(() => []);
  const [only, ...others] = snapshots.filter((name) => name.startsWith(wanted));
  return only !== undefined && others.length === 0 ? path.join(model, "snapshots", only) : null;
}
