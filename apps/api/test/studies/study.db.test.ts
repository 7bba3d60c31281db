import fs from "node:fs/promises";
import path from "node:path";
import { mergeToFolder, parseRecipe } from "@amalgam/engine/merge";
import { expect, test } from "vitest";
import { stageVersion } from "../../src/modules/models/stage-version.ts";
import { recipeAt } from "../../src/modules/studies/recipe-at.ts";
import { resumeStudy } from "../../src/modules/studies/resume-study.ts";
import { stopStudy } from "../../src/modules/studies/stop-study.ts";
import { serve } from "../support/serve.ts";
import { countOf, readStudy, sequenceOf, start, studyOver, studyThat, usual } from "./studies.ts";
import { createTask, fillRegistry, splitFile } from "./tiny-registry.ts";

const { stack, server } = await serve();
const client = await fillRegistry(server.port, stack.token);

/** The sha256 of the weights that this recipe gives, merged from the registry's files without the registry. */
async function freshWeights(recipe: unknown): Promise<string | undefined> {
  const { deps } = stack;
  const folder = await fs.mkdtemp(path.join(stack.folder, "fresh-"));
  const stage = async (ref: string) => {
    const name = /^tiny\/(\w+)@1$/.exec(ref)?.[1] ?? "";
    const where = { version: { number: 1, model: { namespace: "tiny", name } } };
    const files = await deps.db.file.findMany({ where });
    return stageVersion(deps, { label: ref, files, folder: path.join(folder, name), signal: AbortSignal.timeout(10_000) });
  };
  const parsed = parseRecipe(recipe);
  const { files } = await mergeToFolder({
    recipe: parsed,
    base: await stage(parsed.base ?? ""),
    parents: await Promise.all(parsed.parents.map(({ model }) => stage(model))),
    outDir: path.join(folder, "out"),
    threads: 1,
  });
  return files.find((file) => file.path === "model.safetensors")?.sha256;
}

test("a study tries its budget, merges the best afresh with the same bytes, and judges it on the report splits", {
  timeout: 120_000,
}, async () => {
  const { id } = await start(stack, "tuned");
  const study = await studyOver(stack, id);
  expect(study).toMatchObject({ state: "SUCCEEDED", endReason: "budget", failureCode: null });
  const search = sequenceOf(study);
  expect(search.map(({ index, state }) => [index, state])).toEqual(
    Array.from({ length: usual.budget }, (_, i) => [i, "COMPLETE"]),
  );
  expect(search[0], "the recipe as it stands comes first").toMatchObject({
    source: "anchor",
    params: { "weight[0]": 1, "weight[1]": 1 },
  });
  const values = search.map(({ value }) => value ?? Number.NaN);
  expect(study.bestIndex).toBe(values.indexOf(Math.max(...values)));
  for (const { role, scores, value } of study.trials) {
    expect(scores.length, "only baselines are scored on the report splits").toBe(role === "SEARCH" || role === "SCALE" ? 2 : 4);
    if (role === "SEARCH")
      expect(value).toBeCloseTo(
        scores.reduce((sum, score) => sum + score.value / 2, 0),
        12,
      );
  }
  expect(study.trials.filter(({ role }) => role !== "SEARCH").map(({ role, state }) => `${role} ${state}`)).toEqual([
    "AVERAGE COMPLETE",
    ...new Array(6).fill("SCALE COMPLETE"),
    "TASK_ARITHMETIC COMPLETE",
  ]);

  const best = search[study.bestIndex ?? -1];
  const asked = recipeAt(parseRecipe(study.recipe), best?.params as Record<string, number>);
  const run = await stack.deps.db.run.findFirstOrThrow({ where: { versionId: study.bestVersionId ?? "", kind: "MERGE" } });
  expect(run.identity).toBe(best?.identity);
  const file = { versionId: study.bestVersionId ?? "", path: "model.safetensors" };
  expect((await stack.deps.db.file.findFirstOrThrow({ where: file })).sha256).toBe(await freshWeights(asked));
  expect(await stack.deps.db.lineageEdge.count({ where: { childId: study.bestVersionId ?? "" } })).toBe(3);
  expect(await stack.deps.db.tunedOn.findMany({ where: { versionDigest: study.bestVersion?.digest ?? "" } })).toMatchObject([
    { by: "study tiny/tuned" },
    { by: "study tiny/tuned" },
  ]);
  expect(await fs.readdir(path.join(stack.deps.scratchDir, "trials")), "weights of trials do not stay").toEqual([]);

  const answer = await client.ask<{
    best: { index: number };
    bestVersion: { ref: string };
    verdict: {
      mean: number;
      comparisons: { baseline: string; difference: number; low: number; high: number; sentence: string }[];
    };
    slices: { name: string; points: unknown[] }[];
    phases: Record<string, number>;
    trials: { scores: { taskName: string }[] }[];
  }>(
    `query ($id: ID!) { study(id: $id) { best { index } bestVersion { ref } verdict { mean comparisons { baseline difference low high sentence } }
       slices { name points { at mean deviation } } phases { suggestSeconds mergeSeconds evaluateSeconds otherSeconds } trials { scores { taskName } } } }`,
    { id: Buffer.from(`Study:${id}`).toString("base64url") },
  );
  expect(answer.best.index).toBe(study.bestIndex);
  expect(answer.bestVersion.ref).toBe("tiny/tuned@1");
  expect(answer.verdict.comparisons.map(({ baseline }) => baseline)).toEqual(["PARENT", "PARENT", "AVERAGE", "TASK_ARITHMETIC"]);
  for (const { difference, low, high, sentence } of answer.verdict.comparisons) {
    expect(low).toBeLessThanOrEqual(difference + 0.02);
    expect(high).toBeGreaterThanOrEqual(difference - 0.02);
    expect(sentence).toMatch(low > 0 ? /over/ : high < 0 ? /worse than/ : /cannot be told apart/);
  }
  expect(answer.slices.map(({ name, points }) => [name, points.length])).toEqual([
    ["weight[0]", 41],
    ["weight[1]", 41],
  ]);
  expect(answer.phases["mergeSeconds"]).toBeGreaterThan(0);
});

test("stopped in the middle it keeps the best so far, and resumed it tries what one that was never stopped has tried", {
  timeout: 120_000,
}, async () => {
  const { id } = await start(stack, "stopped", { parallel: 2 });
  await studyThat(stack, id, (study) => countOf(study, "COMPLETE") >= 4);
  await stopStudy(stack.deps, stack.actor, id);
  const stopped = await studyOver(stack, id);
  expect(stopped).toMatchObject({ state: "CANCELLED", endReason: "stopped", bestVersion: { state: "READY" } });
  expect(countOf(stopped, "COMPLETE")).toBeLessThan(usual.budget);
  const values = sequenceOf(stopped).map(({ value }) => value ?? Number.NEGATIVE_INFINITY);
  expect(stopped.bestIndex).toBe(values.indexOf(Math.max(...values)));

  await resumeStudy(stack.deps, stack.actor, { id });
  const resumed = await studyOver(stack, id);
  expect(resumed).toMatchObject({ state: "SUCCEEDED", endReason: "budget" });
  const { id: undisturbed } = await start(stack, "undisturbed", { parallel: 2 });
  expect(sequenceOf(resumed)).toEqual(sequenceOf(await studyOver(stack, undisturbed)));
});

test("two studies on the same parents at once do not disturb each other", { timeout: 120_000 }, async () => {
  const [one, other] = await Promise.all([start(stack, "one", { budget: 7 }), start(stack, "other", { budget: 7, seed: 2 })]);
  const [first, second] = await Promise.all([studyOver(stack, one.id), studyOver(stack, other.id)]);
  for (const { state, bestVersion } of [first, second]) expect([state, bestVersion?.state]).toEqual(["SUCCEEDED", "READY"]);
  const alone = await readStudy(stack, (await stack.deps.db.study.findFirstOrThrow({ where: { name: "tuned" } })).id);
  expect(sequenceOf(first), "what one with the same seed has tried alone").toEqual(sequenceOf(alone).slice(0, 7));
  expect(sequenceOf(second)).not.toEqual(sequenceOf(first));
});

test("the normalised mean divides by the experts' own scores on the search splits, which are measured first", {
  timeout: 120_000,
}, async () => {
  const { db } = stack.deps;
  const study = await studyOver(stack, (await start(stack, "normalised", { aggregate: "NORMALISED_MEAN", budget: 3 })).id);
  expect(study.state).toBe("SUCCEEDED");
  const experts = await db.evaluation.findMany({
    where: { split: { purpose: "SEARCH" }, state: "SUCCEEDED" },
    include: { version: { include: { model: true } }, task: true },
  });
  const own = new Map(
    experts.filter(({ version, task }) => version.model.name === task.name).map((each) => [each.splitId, each.value]),
  );
  expect(own.size).toBe(2);
  for (const { role, scores, value } of study.trials.filter((trial) => trial.role === "SEARCH")) {
    const ratios = scores.map((score) => score.value / (own.get(score.splitId) ?? Number.NaN));
    expect(value, role).toBeCloseTo((ratios[0] ?? 0) / 2 + (ratios[1] ?? 0) / 2, 12);
  }
});

test("a spent budget can be raised, and the trials go on as if it had been that large from the start", {
  timeout: 120_000,
}, async () => {
  const { id } = await start(stack, "raised", { budget: 3 });
  await studyOver(stack, id);
  await expect(resumeStudy(stack.deps, stack.actor, { id })).rejects.toMatchObject({
    faults: [{ code: "NOTHING_LEFT", path: ["budget"] }],
  });
  await resumeStudy(stack.deps, stack.actor, { id, budget: 6 });
  await expect(resumeStudy(stack.deps, stack.actor, { id, budget: 9 })).rejects.toMatchObject({
    faults: [{ code: "STUDY_RUNS" }],
  });
  const raised = await studyOver(stack, id);
  const tuned = await stack.deps.db.study.findFirstOrThrow({ where: { name: "tuned" } });
  expect(sequenceOf(raised)).toEqual(sequenceOf(await readStudy(stack, tuned.id)).slice(0, 6));
});

test("sixty numbers can be tuned at once, each for tensors of its own", { timeout: 120_000 }, async () => {
  const tune = Array.from({ length: 60 }, (_, i) => ({ name: `weight[${i % 2}]{layers.${i >> 1}}` }));
  const study = await studyOver(stack, (await start(stack, "wide", { tune, budget: 4 })).id);
  expect(study.state).toBe("SUCCEEDED");
  expect(sequenceOf(study).map(({ state, params }) => [state, Object.keys(params as object).length])).toEqual(
    new Array(4).fill(["COMPLETE", 60]),
  );
});

test("a constant objective ends without a fault: nothing more is expected", { timeout: 120_000 }, async () => {
  // Far below what moves an answer.
  const tune = [{ name: "lambda", low: 0, high: 1e-6 }];
  const study = await studyOver(stack, (await start(stack, "constant", { tune, budget: 60 })).id);
  expect(study.state).toBe("SUCCEEDED");
  expect(["nothingExpected", "noImprovement"]).toContain(study.endReason);
  expect(new Set(sequenceOf(study).map(({ value }) => value)).size).toBe(1);
  expect(study.bestIndex).toBe(0);
});

test("numbers that the method refuses are failed trials, and the others go on", { timeout: 120_000 }, async () => {
  const tune = [{ name: "weight", low: 0, high: 1, step: 1 }];
  const study = await studyOver(stack, (await start(stack, "corner", { tune, budget: 8, sampler: "RANDOM" })).id);
  expect(study.state).toBe("SUCCEEDED");
  const corner = study.trials.find(({ role, state }) => role === "SEARCH" && state === "FAILED");
  expect(corner).toMatchObject({ errorCode: "WEIGHTS_ALL_ZERO", params: { "weight[0]": 0, "weight[1]": 0 }, value: null });
});

test.each([
  ["fails", "process.exit(3)", /stopped|exit|code 3|ended/i],
  ["is NaN", "console.log('{\"value\": NaN}')", /not a finite number/],
  ["is more than 1", "console.log('{\"value\": 7}')", /is 7; a score of this task lies between 0 and 1/],
])(
  "an objective that always %s fails the study after a few trials, with what the evaluator said",
  { timeout: 120_000 },
  async (what, code, message) => {
    const name = `objective-${what.replaceAll(" ", "-").toLowerCase()}`;
    (stack.deps.evaluators as Map<string, readonly string[]>).set(name, [process.execPath, "-e", code]);
    const file = (seed: number) => splitFile(client, "first", seed);
    const made = await createTask(client, {
      name,
      title: name,
      kind: "EXTERNAL",
      labels: [],
      settings: { evaluator: name },
      splits: [
        { name: "search", purpose: "SEARCH", file: await file(300) },
        { name: "report", purpose: "REPORT", file: await file(301) },
      ],
    });
    expect(made).toMatchObject({ __typename: "CreateTaskSuccess" });
    const study = await studyOver(stack, (await start(stack, name, { suite: null, tasks: [name], budget: 60 })).id);
    expect(study).toMatchObject({ state: "FAILED", failureCode: "ALL_TRIALS_FAILED", bestVersionId: null });
    expect(study.failureMessage).toMatch(/^All of the first 5 trials failed/);
    expect(study.failureMessage).toMatch(message);
    expect(sequenceOf(study).map(({ state }) => state)).toEqual(new Array(5).fill("FAILED"));
  },
);

test("a parent deleted while it runs ends the study with the parent's name", { timeout: 120_000 }, async () => {
  const { db } = stack.deps;
  const { id } = await start(stack, "orphaned", { budget: 40, patience: 40 });
  await studyThat(stack, id, (study) => countOf(study, "COMPLETE") >= 2);
  await db.studyParent.updateMany({ where: { studyId: id, position: 1 }, data: { versionId: null } }); // what the foreign key does
  const study = await studyOver(stack, id);
  expect(study).toMatchObject({ state: "FAILED", failureCode: "PARENT_GONE" });
  expect(study.failureMessage).toMatch(/^tiny\/second@1 was deleted while the study ran/);
  expect(countOf(study, "RUNNING") + countOf(study, "QUEUED")).toBe(0);
});

test("under another engine it is neither continued nor resumed", { timeout: 120_000 }, async () => {
  const { id } = await start(stack, "newer", { budget: 40, patience: 40 });
  await studyThat(stack, id, (study) => countOf(study, "COMPLETE") >= 2);
  await stack.deps.db.study.update({ where: { id }, data: { engineVersion: "amalgam 0.0.1, tune 0, task_arithmetic 0" } });
  expect(await studyOver(stack, id)).toMatchObject({ state: "FAILED", failureCode: "ENGINE_CHANGED" });
  await expect(resumeStudy(stack.deps, stack.actor, { id })).rejects.toMatchObject({
    faults: [{ code: "ENGINE_CHANGED", message: expect.stringMatching(/amalgam 0\.0\.1.*never mixed/) }],
  });
});
