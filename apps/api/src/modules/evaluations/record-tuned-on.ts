import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion } from "../models/load-ready-version.ts";
import { fault, parseInput, refuse, refuseAll } from "../refuse.ts";
import { loadSuite } from "./load-suite.ts";

const inputSchema = z.object({
  version: z.string().max(300),
  namespace: z.string().max(64),
  suite: z.string().max(96),
  purpose: z.enum(["TRAIN", "SEARCH", "REPORT"]),
  tasks: z.array(z.string().max(96)).max(100).nullish(),
  by: z.string().max(200).default(""),
});

/** Notes that a version was chosen by its scores on these splits. There is no way back: what was seen stays seen. */
export async function recordTunedOn(deps: Deps, actor: Actor, raw: unknown): Promise<{ versionId: string; splitCount: number }> {
  authorise(actor, "write");
  const { by, ...input } = parseInput(inputSchema, raw);
  const suite = await loadSuite(deps, input.namespace, input.suite);
  if (!suite) refuse("NOT_FOUND", `There is no suite ${input.namespace}/${input.suite}.`, ["suite"]);
  const wanted = input.tasks ?? suite.tasks.map(({ name }) => name);
  const splits = wanted.map((name) => {
    const task = suite.tasks.find((each) => each.name === name);
    return { name, task, split: task?.splits.find(({ purpose }) => purpose === input.purpose) };
  });
  refuseAll(
    splits.flatMap(({ name, task, split }) => {
      if (!task) return [fault("NOT_FOUND", `The suite has no task ${JSON.stringify(name)}.`, ["tasks"])];
      return split ? [] : [fault("NO_SPLIT", `The task ${name} has no split for ${input.purpose}.`, ["purpose"])];
    }),
  );
  const version = await loadReadyVersion(deps, input.version, ["version"]);
  const data = splits.flatMap(({ split }) => (split ? [{ versionDigest: version.digest, splitId: split.id, by }] : []));
  await deps.db.tunedOn.createMany({ data, skipDuplicates: true });
  return { versionId: version.id, splitCount: data.length };
}
