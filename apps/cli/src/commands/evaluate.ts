import { defineCommand, type ParsedArgs } from "citty";
import type { RequestEvaluationInput } from "../client/evaluation-operations.ts";
import { splitPurposes } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { startEvaluations } from "../client/start-evaluations.ts";
import { UsageError } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { evaluateHere } from "../local/evaluate-here.ts";
import { byteSize, jsonOption, serverOptions, wholeNumber } from "../options.ts";
import { formatCount, plural } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { renderScore, scoreJson } from "../terminal/score.ts";
import { styleFor } from "../terminal/style.ts";
import { showRun } from "./follow.ts";

const args = {
  models: {
    type: "positional",
    required: true,
    description: "With --kind a model: its folder, or a version to be pulled; with --suite refs of versions separated by commas",
  },
  kind: {
    type: "string",
    valueHint: "kind",
    description:
      "Here: classification, image-classification, table-classification, multiple-choice, choice-ranking, exact-match, perplexity or external",
  },
  data: { type: "string", valueHint: "file", description: "Here: the split, JSON Lines or safetensors" },
  labels: {
    type: "string",
    valueHint: "a,b,…",
    description: "Here: labels in the order of the head's outputs, or @file with one a line",
  },
  head: { type: "string", valueHint: "dir", description: "Here: folder whose label head is used; default the model's own" },
  settings: { type: "string", valueHint: "json", description: 'Here: what the kind leaves open, such as {"maxNewTokens":16}' },
  command: {
    type: "string",
    valueHint: "words",
    description: "Here: program that prints a score, for --kind external; {model} and {data} stand for folder and file",
  },
  endpoint: {
    type: "string",
    valueHint: "url",
    description: "Here: OpenAI-compatible server that answers; key in AMALGAM_ENDPOINT_KEY",
  },
  "endpoint-model": { type: "string", valueHint: "name", description: "Here: name of the model there" },
  backend: { type: "string", valueHint: "name", description: "Here: where to compute; see amalgam backends" },
  "batch-tokens": { type: "string", valueHint: "n", description: "Here: tokens that go through the model at once; default 1024" },
  "memory-limit": {
    type: "string",
    valueHint: "bytes",
    description: "Here: memory that the model may need; default what is free",
  },
  suite: { type: "string", valueHint: "ns/name", description: "On the server: suite of tasks" },
  purpose: { type: "string", valueHint: "report|search", description: "On the server: which split; default report" },
  ...serverOptions,
  ...jsonOption,
} as const;

/** Of these, some belong to one of the two ways of evaluating alone. */
const localOnly = [
  "data",
  "labels",
  "head",
  "settings",
  "command",
  "endpoint",
  "endpoint-model",
  "backend",
  "batch-tokens",
  "memory-limit",
] as const;

export const evaluate = defineCommand({
  meta: { name: "evaluate", description: "Evaluate a model here, or versions on the tasks of a suite on the server" },
  args,
  async run({ args: given }) {
    if (given.kind !== undefined && given.suite !== undefined)
      throw new UsageError("--kind evaluates here and --suite on the server; choose one.");
    if (given.kind !== undefined) return evaluateLocally(given.models, given.kind, given);
    const stray = localOnly.find((name) => given[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --kind.`);
    if (given.suite === undefined)
      throw new UsageError("Say --kind and --data to evaluate a folder here, or --suite to evaluate versions on the server.");
    return evaluateOnServer(given.models, given.suite, given);
  },
});

type Given = ParsedArgs<typeof args>;

async function evaluateLocally(model: string, kind: string, given: Given): Promise<void> {
  const progress = startProgress("Evaluating", { unit: "none" });
  const options = {
    ...{ kind, data: given.data, labels: given.labels, head: given.head, settings: given.settings, command: given.command },
    ...{ endpoint: given.endpoint, endpointModel: given["endpoint-model"], endpointKey: process.env["AMALGAM_ENDPOINT_KEY"] },
    backend: given.backend,
    batchTokens: wholeNumber(given["batch-tokens"], "--batch-tokens", { min: 1, max: 2 ** 24 }),
    memoryLimitBytes: byteSize(given["memory-limit"], "--memory-limit"),
  };
  try {
    const { score, backend } = await interruptible(
      (signal) =>
        evaluateHere(model, options, {
          signal,
          onProgress: ({ done, total }) =>
            progress.update({ done, total, note: `${formatCount(done)} of ${plural(total, "example")}` }),
        }),
      "Cancelled.",
    );
    progress.finish();
    const chosen = backend?.chosen ?? null;
    if (given.json === true) printJson(scoreJson(score, chosen));
    else print(renderScore(score, chosen, styleFor(process.stdout)));
  } finally {
    progress.finish();
  }
}

async function evaluateOnServer(models: string, suite: string, given: Given): Promise<void> {
  const versions = models
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);
  for (const each of versions) parseRef(each);
  const { namespace, name } = parseRef(suite, "--suite");
  const purpose = splitPurposes.find((each) => each === (given.purpose ?? "report").toUpperCase());
  if (!purpose) throw new UsageError("--purpose takes report or search.");
  const server = resolveServer(given, { env: process.env, cwd: process.cwd() });
  const input: RequestEvaluationInput = { versions, namespace, suite: name, purpose };
  const { runs, existing } = await startEvaluations(server, input);
  for (const run of runs) await showRun(server, run);
  if (given.json === true) return printJson({ evaluated: runs.length, existing });
  print(`${plural(runs.length, "evaluation")} done, ${existing} existed already. See amalgam leaderboard ${suite}.`);
}
