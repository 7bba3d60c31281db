import { basename } from "node:path";
import { parseSettings } from "../kinds.ts";
import type { EvaluationRequest } from "../request.ts";
import type { Finding, Work } from "../score.ts";
import { askEndpoint } from "./ask-endpoint.ts";
import { parseScores } from "./parse-scores.ts";
import { runCommand } from "./run-command.ts";

/** Of the surroundings a command sees these; the rest may hold keys of the server. */
const passedOn = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "CUDA_VISIBLE_DEVICES", "HF_HOME", "VIRTUAL_ENV"];

/**
 * Scores by something outside: a command, or a server that answers prompts. In a command's arguments {model} and {data} stand for the
 * model's folder and the split's file; one that names no {model} gets the folder as its last argument. Both are also in its
 * environment as AMALGAM_MODEL and AMALGAM_DATA.
 */
export async function runExternal(request: EvaluationRequest, work: Work): Promise<Finding> {
  const { kind, source, model, data } = request;
  if (source === undefined) throw new Error("An external evaluation needs a command.");
  if ("endpoint" in source) return askEndpoint(request, source, work);
  if (kind !== "external") throw new Error(`A command evaluates by itself: its kind is external, not ${kind}.`);
  const settings = parseSettings(kind, request.settings);
  const [program] = source.command;
  if (program === undefined) throw new Error("The command of an external evaluation is empty.");
  if (data === undefined && source.command.some((part) => part.includes("{data}")))
    throw new Error(`The command ${basename(program)} wants {data}, and the evaluation has no split.`);
  const filled = source.command.map((part) => part.replaceAll("{model}", () => model).replaceAll("{data}", () => data ?? ""));
  const output = await runCommand(source.command.some((part) => part.includes("{model}")) ? filled : [...filled, model], {
    timeoutSeconds: settings.timeoutSeconds,
    signal: work.signal,
    environment: {
      ...Object.fromEntries(passedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))),
      ...source.environment,
      AMALGAM_MODEL: model,
      ...(data === undefined ? {} : { AMALGAM_DATA: data }),
    },
  });
  const finding = parseScores(output, `The evaluator ${basename(program)}`, settings);
  work.onProgress({ done: finding.n ?? 1, total: finding.n ?? 1 });
  return finding;
}
