import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { parseRecipe } from "@amalgam/engine/merge";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadStudy } from "../../src/modules/studies/load-study.ts";
import { mergeTrial } from "../../src/modules/studies/merge-trial.ts";
import { resumeStudy } from "../../src/modules/studies/resume-study.ts";
import { startStudy } from "../../src/modules/studies/start-study.ts";
import { stopStudy } from "../../src/modules/studies/stop-study.ts";
import { loadModels } from "../../src/modules/studies/study-models.ts";
import { phasesOf } from "../../src/modules/studies/study-progress.ts";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";
import { countOf, sequenceOf, studyOver } from "./studies.ts";
import { fillRegistry } from "./tiny-registry.ts";

let stack: TestDeps;
let server: Server;
let worker: RunningWorker;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  worker = await openWorker(stack);
  await fillRegistry(server.port, stack.token);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
});

const usual = {
  namespace: "tiny",
  recipe: { method: "df_merge", base: "tiny/base", parents: [{ model: "tiny/first" }, { model: "tiny/second" }] },
  suite: "both",
  budget: 8,
  seed: 1,
};

const start = (name: string, more: Record<string, unknown> = {}) =>
  startStudy(stack.deps, stack.actor, { ...usual, name, ...more });

test("DF-Merge is tuned from nothing: measured once, then trials without a gradient; the best as a version has the bytes of its trial", {
  timeout: 120_000,
}, async () => {
  const { deps } = stack;
  const { id } = await start("df");
  const study = await studyOver(stack, id);
  expect(study).toMatchObject({ state: "SUCCEEDED", bestVersion: { state: "READY" } });
  expect(countOf(study, "COMPLETE")).toBe(study.trials.filter(({ role }) => role === "SEARCH").length);
  const statistics = await deps.db.statistic.findMany({ orderBy: [{ versionId: "asc" }, { lambda: "asc" }] });
  expect(statistics.map(({ state, lambda }) => [state, lambda])).toEqual(
    [0, 1].flatMap(() => [0, 0.25, 0.5, 0.75, 1].map((lambda) => ["SUCCEEDED", lambda])),
  );
  const lastMeasured = Math.max(...statistics.map(({ finishedAt }) => finishedAt?.getTime() ?? 0));
  for (const { startedAt } of study.trials) expect(startedAt?.getTime()).toBeGreaterThanOrEqual(lastMeasured);

  const view = await loadStudy(deps, id);
  if (!view) throw new Error("the study is gone");
  expect(phasesOf(view).measureSeconds).toBeCloseTo(
    statistics.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0),
    9,
  );
  const run = await deps.db.run.findFirstOrThrow({ where: { kind: "MERGE", versionId: study.bestVersionId ?? "" } });
  const best = study.trials.find(({ role, index }) => role === "SEARCH" && index === study.bestIndex);
  expect(run.identity).toBe(best?.identity);
  const scratch = path.join(stack.folder, "fresh");
  await fs.mkdir(scratch);
  const merged = await mergeTrial(deps, {
    recipe: parseRecipe(run.recipe),
    models: await loadModels(deps, view),
    scratch,
    signal: new AbortController().signal,
  });
  const bytes = await fs.readFile(path.join(merged.folder, "model.safetensors"));
  const file = await deps.db.file.findFirst({ where: { versionId: study.bestVersionId ?? "", path: "model.safetensors" } });
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(file?.sha256);
});

test("a second study on the same parents measures nothing", async () => {
  const { deps } = stack;
  const before = await deps.db.run.count({ where: { kind: "STATISTIC" } });
  const study = await studyOver(stack, (await start("df-again")).id);
  expect(study.state).toBe("SUCCEEDED");
  expect(await deps.db.run.count({ where: { kind: "STATISTIC" } })).toBe(before);
  const first = await deps.db.study.findFirstOrThrow({ where: { name: "df" } });
  expect(sequenceOf(study)).toEqual(sequenceOf(await studyOver(stack, first.id)));
});

test("trimmed DF-Merge with its density among the numbers: measured at the density that it starts from", async () => {
  const study = await studyOver(
    stack,
    (
      await start("trimmed", {
        recipe: { ...usual.recipe, method: "trimmed_df_merge" },
        tune: [{ name: "lambda" }, { name: "density[*]" }],
      })
    ).id,
  );
  expect(study).toMatchObject({ state: "SUCCEEDED", bestVersion: { state: "READY" } });
  const needs = await stack.deps.db.studyStatistic.findMany({
    where: { studyId: study.id },
    include: { statistic: true },
    orderBy: { position: "asc" },
  });
  expect(
    needs.map(({ statistic: { lambda, about } }) => [lambda, (about as { settings: { density?: number } }).settings.density]),
  ).toEqual([0, 1].flatMap(() => [0, 0.25, 0.5, 0.75, 1].map((lambda) => [lambda, lambda === 0 ? undefined : 0.2])));
  const densities = new Set(
    study.trials.filter(({ role }) => role === "SEARCH").map(({ params }) => (params as Record<string, number>)["density[*]"]),
  );
  expect(densities.size).toBeGreaterThan(1);
});

test("stopped while it is measured: the measuring ends, nothing was tried; resumed, it goes through", {
  timeout: 60_000,
}, async () => {
  await worker.close();
  const { deps, actor } = stack;
  const { id } = await start("stopped", { statistics: { examples: 37 } });
  const open = { kind: "STATISTIC" as const, state: { in: ["QUEUED" as const, "RUNNING" as const] } };
  expect(await deps.db.run.count({ where: open })).toBe(2);
  await stopStudy(deps, actor, id);
  expect(await deps.db.run.count({ where: open })).toBe(0);
  worker = await openWorker(stack);
  expect(await studyOver(stack, id)).toMatchObject({ state: "CANCELLED", trials: [] });
  await resumeStudy(deps, actor, { id });
  expect(await studyOver(stack, id)).toMatchObject({ state: "SUCCEEDED", bestVersion: { state: "READY" } });
});

test("what cannot be measured fails the study with the reason", async () => {
  await worker.close();
  const { deps, actor } = stack;
  const { id } = await start("unmeasured", { statistics: { examples: 41 } });
  // The split that was registered is not the one that is there: as after a fault of a disk.
  const rows = await deps.db.statistic.findMany({ where: { studies: { some: { studyId: id } } } });
  await deps.db.statistic.updateMany({
    where: { id: { in: rows.map((row) => row.id) } },
    data: { about: { ...(rows[0]?.about as object), examples: 1e6 } },
  });
  worker = await openWorker(stack);
  const failed = await studyOver(stack, id);
  expect(failed).toMatchObject({ state: "FAILED", failureCode: "NOT_MEASURED" });
  expect(failed.failureMessage).toMatch(/Measure Fisher information of tiny\/(first|second)@1: .*The split has \d+ examples/);
  await expect(startStudy(deps, actor, { ...usual, name: "no", statistics: { purpose: "REPORT" } })).rejects.toMatchObject({
    faults: [{ code: "REPORT_SPLIT", path: ["statistics", "purpose"] }],
  });
});
