import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { safetensors } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { killed, spawnWorker } from "../support/processes.ts";
import { createModel, pushReady, readRun, requestMerge, runEnded } from "../support/registry.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;

const tensorCount = 40;
const side = 512;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
});

afterAll(async () => {
  await server?.close();
  await stack?.close();
});

/** 42 MB: long enough for a merge to be caught in the middle. */
async function checkpoint(seed: number): Promise<Map<string, Uint8Array>> {
  const tensors = Array.from({ length: tensorCount }, (_, t) => ({
    name: `layer.${t}.weight`,
    shape: [side, side],
    values: Array.from({ length: side * side }, (_, i) => Math.sin(seed + t + i)),
  }));
  return new Map([["model.safetensors", await safetensors(tensors)]]);
}

async function scratch(): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  return (await readdir(stack.deps.scratchDir, { recursive: true }).catch(() => [])).filter((name) => name.includes("merges/"));
}

test("a worker killed with -9 in mid-merge, then another one stopped, are replaced, and the run ends with the same bytes", {
  timeout: 180_000,
}, async () => {
  let worker = await spawnWorker(stack);
  await pushReady(client, "kill/a", await checkpoint(1));
  await pushReady(client, "kill/b", await checkpoint(2));
  const recipe = (t: number) => ({ method: "slerp", parents: [{ model: "kill/a" }, { model: "kill/b" }], parameters: { t } });
  await createModel(client, "kill", "undisturbed");
  await createModel(client, "kill", "disturbed");

  const disturbed = await requestMerge(client, { namespace: "kill", name: "disturbed", recipe: recipe(0.3) });
  const id = disturbed.run?.id ?? "";
  for (let kill = 0; kill < 2; kill++) {
    // Caught at work: somewhere between its start and its end.
    for (let run = await readRun(client, id); ; run = await readRun(client, id)) {
      if (run.state === "RUNNING" && run.attempts > kill && (kill === 0 || run.progress > 0)) break;
      if (run.state !== "QUEUED" && run.state !== "RUNNING") throw new Error(`too late: ${run.state}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // The second one is asked to stop, as at every deployment: it hands the run back at once, and that is no attempt lost.
    await killed(worker, kill === 0 ? "SIGKILL" : "SIGTERM");
    expect((await readRun(client, id)).state).toBe(kill === 0 ? "RUNNING" : "QUEUED");
    worker = await spawnWorker(stack);
  }
  const ended = await runEnded(client, id, 90_000);
  expect(ended).toMatchObject({ state: "SUCCEEDED", attempts: 2, version: { state: "READY" } });

  // The same merge again, from a clean slate and without a disturbance, under another identity of the request alone.
  await stack.deps.db.run.updateMany({ where: { kind: "MERGE" }, data: { identity: "0".repeat(64) } });
  const undisturbed = await requestMerge(client, { namespace: "kill", name: "undisturbed", recipe: recipe(0.3) });
  expect(undisturbed.created).toBe(true);
  const reference = await runEnded(client, undisturbed.run?.id ?? "", 90_000);
  expect(reference).toMatchObject({ state: "SUCCEEDED", attempts: 1 });
  expect(ended.version?.digest).toBe(reference.version?.digest);
  expect(await scratch(), "nothing half-done stays behind").toEqual([]);
  await killed(worker, "SIGTERM");
});
