import { readFile } from "node:fs/promises";
import {
  type EvaluationKind,
  type EvaluationRequest,
  evaluate,
  evaluationKinds,
  kindFacts,
  type Score,
} from "@amalgam/engine/evaluate";
import type { BackendChoice, BackendName } from "@amalgam/engine/runtime";
import { Refusal, refusal, UsageError } from "../failure.ts";
import { closest } from "../options.ts";
import { printable } from "../terminal/format.ts";
import { note } from "../terminal/output.ts";
import { findModel, ModelMissing } from "./find-model.ts";

/** What the command line says about an evaluation without a server. */
export interface EvaluateOptions {
  readonly kind: string;
  readonly data?: string | undefined;
  readonly labels?: string | undefined;
  readonly head?: string | undefined;
  readonly settings?: string | undefined;
  readonly command?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly endpointModel?: string | undefined;
  readonly endpointKey?: string | undefined;
  readonly backend?: string | undefined;
  readonly batchTokens?: number | undefined;
  readonly memoryLimitBytes?: number | undefined;
}

export interface Evaluated {
  readonly score: Score;
  /** Null when something outside this program ran the model. */
  readonly backend: BackendChoice | null;
}

/** Evaluates a model of this machine, or one behind an endpoint. Faults are refusals with a sentence for the user. */
export async function evaluateHere(
  model: string,
  options: EvaluateOptions,
  live: Pick<EvaluationRequest, "onProgress" | "signal">,
): Promise<Evaluated> {
  const request = await requestOf(model, options);
  const backend = request.source === undefined ? await chooseBackend(options.backend) : null;
  try {
    return { score: await evaluate({ ...request, ...live }), backend };
  } catch (error) {
    throw live.signal?.aborted ? error : asRefusal(error);
  }
}

/** Plain errors of the engine are sentences about the input; other classes are defects of ours, and stay what they are. */
export function asRefusal(error: unknown, code = "EVALUATION_REFUSED"): unknown {
  if (error instanceof Refusal || !(error instanceof Error)) return error;
  const isTold = error.constructor === Error || error instanceof RangeError;
  return isTold && !("code" in error) ? refusal(code, error.message) : error;
}

async function requestOf(model: string, options: EvaluateOptions): Promise<EvaluationRequest> {
  const kind = kindOf(options.kind);
  if (kind === "external" && options.command === undefined) throw new UsageError("--kind external needs --command.");
  if (kind !== "external" && options.data === undefined) throw new UsageError(`--kind ${kind} needs --data.`);
  if (options.command !== undefined && kind !== "external") throw new UsageError("--command goes with --kind external.");
  const { data, batchTokens, memoryLimitBytes } = options;
  const isServed = options.endpoint !== undefined;
  const folder = isServed ? model : await locate(model, "model");
  const head = options.head === undefined ? undefined : await locate(options.head, "head");
  const labels = (await labelsOf(options.labels)) ?? (isServed ? undefined : await ownLabels(kind, head ?? folder));
  const [settings, source] = [settingsOf(options.settings), sourceOf(options)];
  return {
    ...{ kind, model: folder },
    ...(data === undefined ? {} : { data }),
    ...(head === undefined ? {} : { head }),
    ...(labels === undefined ? {} : { labels }),
    ...(settings === undefined ? {} : { settings }),
    ...(source === undefined ? {} : { source }),
    ...(batchTokens === undefined ? {} : { batchTokens }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  };
}

export function kindOf(text: string): EvaluationKind {
  const kind = evaluationKinds.find((each) => each === text);
  if (kind !== undefined) return kind;
  const near = closest(text, evaluationKinds);
  throw new UsageError(
    `--kind takes ${evaluationKinds.join(", ")}; not ${printable(text, 40)}.${near ? ` Did you mean ${near}?` : ""}`,
  );
}

/** A folder, a version of the registry when a server is known, or what the cache of Hugging Face has. */
export async function locate(text: string, what: string): Promise<string> {
  try {
    const cwd = process.cwd();
    const { location, note: told } = await findModel(text, [what], { folder: cwd, env: process.env, cwd });
    if (told !== null) note(printable(told, 1000));
    return location;
  } catch (error) {
    throw error instanceof ModelMissing ? refusal(error.fault.code, sentence(error.message), [what]) : error;
  }
}

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Those that the head's config names; a ranking says its own. */
async function ownLabels(kind: EvaluationKind, head: string): Promise<string[] | undefined> {
  if (!kindFacts[kind].hasLabels || kind === "choice-ranking") return undefined;
  const { readHeadLabels } = await import("@amalgam/engine/runtime");
  const labels = await readHeadLabels(head);
  if (labels === null)
    throw new UsageError(`${printable(head)}: config.json names no labels (id2label); give them with --labels.`);
  return labels;
}

/** a,b,c or @file with one label a line. */
export async function labelsOf(text: string | undefined): Promise<string[] | undefined> {
  if (text === undefined) return undefined;
  const parts = text.startsWith("@") ? (await readFile(text.slice(1), "utf8")).split("\n") : text.split(",");
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

export function settingsOf(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--settings takes a JSON object such as '{"normalise":"none"}', not ${printable(text, 100)}.`);
  }
}

function sourceOf({ command, endpoint, endpointModel, endpointKey }: EvaluateOptions): EvaluationRequest["source"] {
  if (command !== undefined && endpoint !== undefined) throw new UsageError("--command and --endpoint exclude each other.");
  if (endpoint !== undefined) {
    if (!/^https?:\/\//.test(endpoint)) throw new UsageError("--endpoint takes an address such as http://127.0.0.1:8000/v1.");
    return {
      endpoint,
      ...(endpointModel === undefined ? {} : { model: endpointModel }),
      ...(endpointKey === undefined || endpointKey === "" ? {} : { key: endpointKey }),
    };
  }
  return command === undefined ? undefined : { command: wordsOf(command) };
}

/** A JSON list, or words between white space: no shell reads it. */
function wordsOf(command: string): string[] {
  if (!command.trimStart().startsWith("[")) return command.split(/\s+/).filter((word) => word !== "");
  const words = JSON.parse(command) as unknown;
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  throw new UsageError("--command takes words, or a JSON list of texts.");
}

export async function chooseBackend(text: string | undefined): Promise<BackendChoice> {
  const { backendNames, selectBackend } = await import("@amalgam/engine/runtime");
  const names: readonly string[] = ["auto", ...backendNames];
  if (text !== undefined && !names.includes(text)) throw new UsageError(`--backend takes ${names.join(", ")}.`);
  try {
    return await selectBackend(text as BackendName | "auto" | undefined);
  } catch (error) {
    throw refusal("BACKEND_UNUSABLE", error instanceof Error ? error.message : String(error));
  }
}
