import { defineCommand } from "citty";
import type { RequestEvaluationInput } from "../client/evaluation-operations.ts";
import { splitPurposes } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { startEvaluations } from "../client/start-evaluations.ts";
import { UsageError } from "../failure.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { plural } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { showRun } from "./follow.ts";

export const evaluate = defineCommand({
  meta: { name: "evaluate", description: "Evaluate versions on the tasks of a suite, on the server" },
  args: {
    versions: { type: "positional", required: true, description: "Refs separated by commas: acme/math@1,acme/code@2" },
    suite: { type: "string", required: true, valueHint: "ns/name", description: "Suite of tasks" },
    purpose: { type: "string", valueHint: "report|search", description: "Which split; default report" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const versions = args.versions
      .split(",")
      .map((each) => each.trim())
      .filter(Boolean);
    for (const each of versions) parseRef(each);
    const { namespace, name } = parseRef(args.suite, "--suite");
    const purpose = splitPurposes.find((each) => each === (args.purpose ?? "report").toUpperCase());
    if (!purpose) throw new UsageError("--purpose takes report or search.");
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const input: RequestEvaluationInput = { versions, namespace, suite: name, purpose };
    const { runs, existing } = await startEvaluations(server, input);
    for (const run of runs) await showRun(server, run);
    if (args.json === true) return printJson({ evaluated: runs.length, existing });
    print(`${plural(runs.length, "evaluation")} done, ${existing} existed already. See amalgam leaderboard ${args.suite}.`);
  },
});
