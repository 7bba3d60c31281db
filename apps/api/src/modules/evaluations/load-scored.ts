import type { Deps } from "../../deps.ts";
import type { SplitPurpose } from "../../generated/prisma/client.ts";
import { findByRef, type VersionWithModel } from "../models/version-ref.ts";
import { fault, refuse, refuseAll } from "../refuse.ts";
import type { BoardTask, Score } from "./leaderboard.ts";
import { loadScores, toScore } from "./load-entries.ts";
import { loadSuite, type SuiteView } from "./load-suite.ts";
import { toBoardTask } from "./read-leaderboard.ts";

export interface SuiteInput {
  readonly namespace: string;
  readonly suite: string;
  readonly purpose: SplitPurpose;
}

/** Some versions with their scores on a suite. */
export interface ScoredVersions {
  readonly suite: SuiteView;
  readonly versions: readonly VersionWithModel[];
  /** Null when the tasks have different units. */
  readonly unit: string | null;
  /** A score for each version, in their order. */
  readonly scored: readonly { readonly task: BoardTask; readonly scores: readonly (Score | null)[] }[];
  readonly splitIds: readonly string[];
}

/** @throws RefusedError when there is no such suite or version; `path` says where it was named */
export async function loadScored(
  deps: Deps,
  refs: readonly { readonly ref: string; readonly path: readonly (string | number)[] }[],
  input: SuiteInput,
): Promise<ScoredVersions> {
  const suite = await loadSuite(deps, input.namespace, input.suite);
  if (!suite) refuse("NOT_FOUND", `There is no suite ${input.namespace}/${input.suite}.`.slice(0, 300), ["suite"]);
  const versions = await findAll(deps, refs);
  const splits = suite.tasks.map((task) => task.splits.find(({ purpose }) => purpose === input.purpose) ?? null);
  const splitIds = splits.flatMap((split) => (split ? [split.id] : []));
  const digests = versions.flatMap(({ digest }) => digest ?? []);
  const stored = new Map((await loadScores(deps, splitIds, digests)).map((each) => [each.digest, each.scores]));
  const scored = suite.tasks.map((task, i) => ({
    task: toBoardTask(task),
    scores: versions.map(({ digest }) => {
      const found = stored.get(digest ?? "")?.find(({ splitId }) => splitId === splits[i]?.id);
      return found ? toScore(found, task.metric) : null;
    }),
  }));
  const [unit = null, ...others] = new Set(scored.map(({ task }) => task.unit));
  return { suite, versions, unit: others.length === 0 ? unit : null, scored, splitIds };
}

async function findAll(
  deps: Deps,
  refs: readonly { readonly ref: string; readonly path: readonly (string | number)[] }[],
): Promise<VersionWithModel[]> {
  const found = await Promise.all(refs.map(({ ref }) => findByRef(deps, ref)));
  refuseAll(
    refs.flatMap(({ ref, path }, i) =>
      found[i]
        ? []
        : [
            fault("NOT_FOUND", `There is no version ${JSON.stringify(ref.slice(0, 200))}. Write it as namespace/name@number.`, [
              ...path,
            ]),
          ],
    ),
  );
  return found.flatMap((version) => version ?? []);
}
