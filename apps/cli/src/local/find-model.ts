import { stat } from "node:fs/promises";
import path from "node:path";
import { classifyReference, type Fault, type ModelReference } from "@amalgam/engine/merge";
import { findVersion, pullIntoCache } from "../client/pull-version.ts";
import { localFolder, resolveServer, type Server } from "../client/server.ts";
import { Refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { printable } from "../terminal/format.ts";
import { downloadCommand, findInHubCache, type HubModel, hubCacheFolder } from "./hub-cache.ts";

export interface FoundModel {
  /** Folder or file on this machine */
  readonly location: string;
  /** Where it was found, when the text does not tell */
  readonly note: string | null;
}

export interface Surroundings {
  /** Folder of the recipe: relative paths count from there, so that it can be moved with its models */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** What keeps a model from being found, with its place in the recipe. */
export class ModelMissing extends Error {
  readonly fault: Fault;

  constructor(where: readonly string[], message: string, code = "MODEL_MISSING") {
    super(message);
    this.fault = { code, message: `${where.join(".")}: ${message}`, path: where };
  }
}

/**
 * Finds what a reference means: a folder or file, else a version of the registry when a server is known, else what the cache of
 * Hugging Face has. Nothing is fetched but from the registry.
 * @throws ModelMissing
 */
export async function findModel(text: string, where: readonly string[], surroundings: Surroundings): Promise<FoundModel> {
  const location = path.resolve(surroundings.folder, text);
  if (await stat(location).catch(() => null)) return { location, note: null };
  const reference = classifyReference(text);
  if ("refusal" in reference) throw new ModelMissing(where, reference.refusal, "REFERENCE_REFUSED");
  const cached = reference.hub === null ? null : await findInHubCache(reference.hub, surroundings.env);
  // A name without a version may be of either; what lies here already goes first.
  const isVersion = reference.kind === "registry" && reference.selector !== null;
  const fromCache = cached === null ? null : { location: cached, note: `${text}: from the Hugging Face cache, ${cached}` };
  if (fromCache !== null && !isVersion) return fromCache;
  const pulled = reference.kind === "registry" ? await pullModel(text, where, surroundings) : null;
  if (pulled !== null && "location" in pulled) return pulled;
  if (fromCache !== null) return fromCache;
  throw new ModelMissing(where, missing({ reference, location, surroundings, server: pulled?.server ?? null }));
}

/** Pulls a version, or says which server does not have it; null when no server is known here. */
async function pullModel(
  ref: string,
  where: readonly string[],
  { env, cwd }: Surroundings,
): Promise<FoundModel | { readonly server: Server } | null> {
  try {
    const server = resolveServer({}, { env, cwd });
    const version = await findVersion(server, ref).catch((error: unknown) => {
      if (hasCode(error, "NO_VERSION")) return null;
      throw error;
    });
    if (version === null) return { server };
    const cache = path.join(localFolder(cwd), "cache");
    const stopped = "Stopped. What arrived is kept in the cache: run the same command again to go on.";
    const location = await interruptible((signal) => pullIntoCache(server, version, cache, signal), stopped);
    return { location, note: `${ref}: ${version.ref} of ${server.url}, in ${location}` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (hasCode(error, "NO_SERVER") || hasCode(error, "NO_TOKEN")) return null;
    const [first] = error.faults;
    throw new ModelMissing(where, error.message, first?.code);
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Refusal && error.faults.some((fault) => fault.code === code);

interface Missing {
  readonly reference: Exclude<ModelReference, { readonly refusal: string }>;
  readonly location: string;
  readonly surroundings: Surroundings;
  /** That does not have it either */
  readonly server: Server | null;
}

function missing({ reference, location, surroundings, server }: Missing): string {
  const folder = `there is no folder or file ${printable(location, 400)}`;
  const advice: string[] = [];
  if (server !== null) advice.push(`${server.url} has no such version`);
  else if (reference.kind === "registry")
    advice.push("if it is a registered version, amalgam pull it first, or merge on the server with amalgam request");
  if (reference.hub !== null) advice.push(hubAdvice(reference.hub, surroundings));
  return advice.length === 0 ? `${folder}.` : `${folder}; ${advice.join("; ")}.`;
}

const hubAdvice = (hub: HubModel, { env }: Surroundings): string =>
  `if it is on Hugging Face, its cache ${printable(hubCacheFolder(env), 400)} does not have it: run ${downloadCommand(hub)}, and try again`;
