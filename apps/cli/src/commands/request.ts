import type { Recipe } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { isRef, parseRef } from "../client/refs.ts";
import { waitUntilVerified } from "../client/runs.ts";
import { resolveServer } from "../client/server.ts";
import { startMerge } from "../client/start-merge.ts";
import { type Fault, Refusal, refusal } from "../failure.ts";
import { readRecipe } from "../local/recipe-file.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { formatBytes, formatDigest, formatParameters, printable } from "../terminal/format.ts";
import { judgementJson, renderJudgement } from "../terminal/judgement.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { showRun } from "./follow.ts";
import { showJudgement } from "./judge.ts";
import { measureOptions, statisticsOf } from "./measure-options.ts";

export const request = defineCommand({
  meta: { name: "request", description: "Request a merge of registered versions on the server" },
  args: {
    recipe: {
      type: "positional",
      required: true,
      description: "Recipe in YAML or JSON, or a mergekit configuration; base and parents are refs such as acme/math@1",
    },
    as: {
      type: "string",
      required: true,
      valueHint: "ns/name[@alias]",
      description: "Model whose next version the result becomes",
    },
    suite: {
      type: "string",
      valueHint: "ns/name",
      description: "Then judge it there against its parents, their average and tuned task arithmetic",
    },
    ...measureOptions,
    detach: { type: "boolean", description: "Do not wait for the result" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const { namespace, name, selector } = parseRef(args.as, "--as");
    const { recipe, notes } = await readRecipe(args.recipe, { statistics: "later" });
    refuseFolders(recipe);
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    for (const each of notes) note(printable(each, 1000));
    const suite = args.suite === undefined ? null : parseRef(args.suite, "A suite");
    const statistics = statisticsOf(args);
    const input = {
      ...{ namespace, name, recipe },
      ...(statistics === undefined ? {} : { statistics }),
      ...(selector === null ? {} : { aliases: [selector] }),
      ...(suite === null ? {} : { suite: `${suite.namespace}/${suite.name}` }),
    };
    const { run, version, created, measuring } = await startMerge(server, input);
    if (args.detach === true) {
      if (args.json === true) return printJson({ run, version, created });
      return print(`Requested: run ${run.id}. See amalgam runs, or ${server.url}/runs.`);
    }
    for (const each of measuring) await showRun(server, each);
    const finished = await showRun(server, run);
    const made = finished.version ?? version;
    if (!made) throw refusal("NO_VERSION", `${finished.title} ended without a version; see ${server.url}/runs.`);
    const ready = await waitUntilVerified(server, made.ref);
    const judgement = input.suite === undefined ? null : await showJudgement(server, { version: ready.ref, suite: input.suite });
    const judged = judgement === null ? {} : { judgement: judgementJson(ready.ref, judgement) };
    if (args.json === true) return printJson({ ...ready, created, ...judged });
    print(`${ready.ref}  ${created ? "ready" : "was merged before with the same inputs"}`);
    print(
      `${formatParameters(ready.parameterCount)} parameters  ${formatBytes(ready.sizeBytes)}  digest ${formatDigest(ready.digest)}`,
    );
    if (judgement) print(`\n${renderJudgement(ready.ref, judgement, styleFor(process.stdout))}`);
  },
});

/** A path means nothing to the server: told here, with what to do about it. */
export function refuseFolders({ base, parents }: Recipe): void {
  const named = [
    ...(base === null ? [] : [{ text: base, path: ["base"] }]),
    ...parents.map(({ model }, i) => ({ text: model, path: ["parents", String(i), "model"] })),
  ];
  const faults = named.flatMap(({ text, path }): Fault[] => {
    if (isRef(text)) return [];
    const message = `${path.join(".")}: ${printable(text, 300)} is no registered version; amalgam push it, and write it as namespace/name@number.`;
    return [{ code: "NOT_REGISTERED", message, path }];
  });
  if (faults.length > 0) throw new Refusal(faults);
}
