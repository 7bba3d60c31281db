import path from "node:path";
import { createSuite, createTask, type Leaderboard } from "../client/evaluation-operations.ts";
import { fetchLeaderboard } from "../client/fetch-leaderboard.ts";
import { accepted, execute, patience } from "../client/graphql.ts";
import { listFolder, localFile } from "../client/local-files.ts";
import type { Version } from "../client/operations.ts";
import { hashFiles, pushVersion, uploadFiles } from "../client/push-version.ts";
import { followRun, waitUntilVerified } from "../client/runs.ts";
import type { Server } from "../client/server.ts";
import { startEvaluations } from "../client/start-evaluations.ts";
import { startMerge } from "../client/start-merge.ts";
import { inParallel } from "../client/upload-plan.ts";
import { Refusal, refusal } from "../failure.ts";
import type { Checkpoint, Example } from "./example.ts";
import type { Steps } from "./steps.ts";

export interface JourneyOptions {
  readonly server: Server;
  readonly example: Example;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

/** The whole demo through the public API alone: register, prepare tasks, merge, evaluate, compare. Running it again reuses everything. */
export async function journey(options: JourneyOptions): Promise<Leaderboard> {
  const versions = await register(options);
  await defineTasks(options, versions);
  await extractTaskVectors(options, versions);
  const merged = await mergeThreeWays(options, versions);
  await evaluate(options, [...versions.values(), ...merged]);
  const { server, example, signal } = options;
  const { namespace, suite } = example;
  const board = await fetchLeaderboard(server, { namespace, suite: suite.name, purpose: "REPORT" }, { signal });
  if (!board) throw refusal("NO_SUITE", `The suite ${namespace}/${suite.name} is gone.`);
  return board;
}

/** Versions by the name of their checkpoint in the example. */
type Versions = ReadonlyMap<string, Version>;

function register({ server, example, steps, signal }: JourneyOptions): Promise<Versions> {
  return steps.step("register", async (advance) => {
    const all = [example.base, ...example.experts];
    const versions = new Map<string, Version>();
    let [sent, created] = [0, 0];
    const push = async (checkpoint: Checkpoint, base?: Version): Promise<Version> => {
      const { files } = await listFolder(checkpoint.folder);
      const { namespace, licence } = example;
      const kind = base ? ("FINE_TUNED" as const) : ("BASE" as const);
      const result = await pushVersion(
        server,
        files,
        { namespace, name: checkpoint.name, kind, licence, ...(base ? { base: base.ref } : {}) },
        { signal },
      );
      versions.set(checkpoint.name, result.version);
      sent += result.sentBytes;
      if (result.created) created += 1;
      advance(versions.size, all.length, result.version.ref);
      return result.version;
    };
    const base = await push(example.base);
    // One after the other: strand colours are given in the order of registration.
    for (const expert of example.experts) await push(expert, base);
    const ordered = new Map(all.flatMap(({ name }) => [[name, versionOf(versions, name)] as const]));
    const news = created === 0 ? "all there already" : `${created} new, ${(sent / 1e6).toFixed(1)} MB sent`;
    return { line: `Registered 1 base and ${example.experts.length} experts (${news})`, value: ordered };
  });
}

function versionOf(versions: Versions, name: string): Version {
  const version = versions.get(name);
  if (!version) throw refusal("EXAMPLE_INVALID", `The example names ${name}, which is neither its base nor one of its experts.`);
  return version;
}

function defineTasks({ server, example, steps, signal }: JourneyOptions, versions: Versions): Promise<void> {
  const { namespace, tasks, suite } = example;
  return steps.step("tasks", async (advance) => {
    let done = 0;
    await inParallel(tasks, 3, async (task) => {
      const files = await hashFiles(await Promise.all(task.splits.map(({ file }) => localFile(file))), { signal });
      await uploadFiles(server, files, { signal });
      const splits = task.splits.flatMap(({ name, purpose }, index) => {
        const file = files[index];
        return file
          ? [
              {
                name,
                purpose,
                file: { path: path.basename(file.path), sha256: file.sha256, sizeBytes: file.sizeBytes },
              },
            ]
          : [];
      });
      const { name, title, labels } = task;
      const input = { namespace, name, title, labels, splits, expert: versionOf(versions, task.expert).ref };
      accepted((await execute(server, createTask, { input }, { signal, attempts: patience })).createTask);
      done += 1;
      advance(done, tasks.length, name);
    });
    const input = { namespace, name: suite.name, title: suite.title, tasks: tasks.map(({ name }) => name) };
    accepted((await execute(server, createSuite, { input }, { signal, attempts: patience })).createSuite);
    return { line: `Defined ${tasks.length} tasks and the suite ${namespace}/${suite.name}`, value: undefined };
  });
}

interface MergeRequest {
  readonly name: string;
  readonly recipe: unknown;
}

/** Requests all, then waits for all: the worker decides how many run at a time. */
async function mergeAll(
  { server, example, signal }: JourneyOptions,
  requests: readonly MergeRequest[],
  advance: (done: number, total: number, note?: string) => void,
): Promise<{ versions: Version[]; created: number }> {
  const started = [];
  for (const { name, recipe } of requests)
    started.push(await startMerge(server, { namespace: example.namespace, name, recipe }, signal));
  const versions: Version[] = [];
  for (const { run, version } of started) {
    const finished = await followRun(server, run.id, { signal });
    if (finished.state !== "SUCCEEDED")
      throw finished.failure
        ? new Refusal([finished.failure])
        : refusal("RUN_ENDED", `${finished.title} was ${finished.state.toLowerCase()}.`);
    const ref = (finished.version ?? version)?.ref;
    if (ref === undefined) throw refusal("NO_VERSION", `${finished.title} made no version.`);
    versions.push(await waitUntilVerified(server, ref, { signal }));
    advance(versions.length, requests.length, ref);
  }
  return { versions, created: started.filter((each) => each.created).length };
}

const newsOf = (created: number): string => (created === 0 ? "there already" : `${created} new`);

function extractTaskVectors(options: JourneyOptions, versions: Versions): Promise<void> {
  const { example, steps } = options;
  return steps.step("task vectors", async (advance) => {
    const base = versionOf(versions, example.base.name).ref;
    const requests = example.experts.map(({ name }) => ({
      name: `${name}-vector`,
      recipe: { version: 1, method: "task_vector", base, parents: [{ model: versionOf(versions, name).ref }] },
    }));
    const { created } = await mergeAll(options, requests, advance);
    return { line: `Extracted ${requests.length} task vectors (${newsOf(created)})`, value: undefined };
  });
}

function mergeThreeWays(options: JourneyOptions, versions: Versions): Promise<Version[]> {
  const { example, steps } = options;
  return steps.step("merges", async (advance) => {
    const base = versionOf(versions, example.base.name).ref;
    const parents = example.experts.map(({ name }) => ({ model: versionOf(versions, name).ref }));
    const requests: MergeRequest[] = [
      { name: "average", recipe: { version: 1, method: "linear", parents } },
      { name: "arithmetic", recipe: { version: 1, method: "task_arithmetic", base, parents, parameters: { lambda: 0.3 } } },
      { name: "slerp", recipe: { version: 1, method: "slerp", parents: parents.slice(0, 2), parameters: { t: 0.5 } } },
    ];
    const { versions: merged, created } = await mergeAll(options, requests, advance);
    return { line: `Merged three ways: average, task arithmetic, SLERP of two (${newsOf(created)})`, value: merged };
  });
}

function evaluate({ server, example, steps, signal }: JourneyOptions, versions: readonly Version[]): Promise<void> {
  return steps.step("evaluations", async (advance) => {
    const input = {
      versions: versions.map(({ ref }) => ref),
      namespace: example.namespace,
      suite: example.suite.name,
      purpose: "REPORT" as const,
    };
    const { runs, existing } = await startEvaluations(server, input, signal);
    let done = 0;
    for (const { id } of runs) {
      const finished = await followRun(server, id, { signal });
      if (finished.state !== "SUCCEEDED")
        throw finished.failure
          ? new Refusal([finished.failure])
          : refusal("RUN_ENDED", `${finished.title} was ${finished.state.toLowerCase()}.`);
      done += 1;
      advance(done, runs.length, finished.title);
    }
    const news = existing === 0 ? "" : `, ${existing} scores there already`;
    return {
      line: `Evaluated ${versions.length} versions on ${example.tasks.length} tasks (${runs.length} runs${news})`,
      value: undefined,
    };
  });
}
