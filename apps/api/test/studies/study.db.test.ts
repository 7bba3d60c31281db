import { afterAll, beforeAll, expect, test } from "vitest";
import { startStudy } from "../../src/modules/studies/start-study.ts";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";
import { fillRegistry, recipe } from "./tiny-registry.ts";

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

test("a study", { timeout: 120_000 }, async () => {
  const { deps, actor } = stack;
  const started = Date.now();
  const { id } = await startStudy(deps, actor, {
    namespace: "tiny",
    name: "tuned",
    recipe,
    tune: [{ name: "weight" }],
    suite: "both",
    budget: 12,
    seed: 1,
  });
  for (;;) {
    const study = await deps.db.study.findUniqueOrThrow({ where: { id } });
    if (study.finishedAt) break;
    await new Promise((r) => setTimeout(r, 200));
    if (Date.now() - started > 100_000) break;
  }
  const study = await deps.db.study.findUniqueOrThrow({ where: { id }, include: { trials: { include: { scores: true } } } });
  console.log(Date.now() - started, JSON.stringify({ ...study, trials: undefined }));
  for (const t of study.trials)
    console.log(
      t.role,
      t.index,
      t.state,
      JSON.stringify(t.params),
      t.source,
      t.value,
      t.errorMessage,
      t.mergeSeconds,
      t.evaluateSeconds,
      t.suggestSeconds,
      t.scores.map((s) => s.value).join(" "),
    );
  expect(study.state).toBe("SUCCEEDED");
});
