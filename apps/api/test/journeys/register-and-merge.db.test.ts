import { bytesSource, decodeToF32, readHeader } from "@amalgam/engine/formats";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { tinyCheckpoint } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { createModel, pushReady, requestMerge, runEnded } from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;
let worker: RunningWorker;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  worker = await openWorker(stack);
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
});

test("a base and two fine-tunes are registered, merged, and the result can be downloaded and traced", {
  timeout: 60_000,
}, async () => {
  const base = await pushReady(client, "acme/base", await tinyCheckpoint(1), { kind: "BASE" });
  const math = await pushReady(client, "acme/math", await tinyCheckpoint(2), { base: "acme/base" });
  const code = await pushReady(client, "acme/code", await tinyCheckpoint(4), { base: base.ref, aliases: ["champion"] });
  expect([base.state, math.state, code.ref]).toEqual(["READY", "READY", "acme/code@1"]);

  await createModel(client, "acme", "both");
  const recipe = {
    method: "task_arithmetic",
    base: "acme/base",
    parents: [{ model: "acme/math" }, { model: "acme/code@champion", weight: 2 }],
    parameters: { lambda: 0.5 },
  };
  const check = await client.ask<Record<string, unknown>>(
    "query ($recipe: JSON!) { checkMerge(recipe: $recipe) { ok faults { message } identity tensorCount readBytes existing { ref } } }",
    { recipe },
  );
  expect(check).toMatchObject({ ok: true, tensorCount: 2, existing: null, readBytes: "108" });
  const asked = await requestMerge(client, { namespace: "acme", name: "both", recipe });
  expect(asked).toMatchObject({ created: true, version: { state: "VERIFYING", digest: null } });
  const run = await runEnded(client, asked.run?.id ?? "");
  expect(run).toMatchObject({ state: "SUCCEEDED", failure: null, progress: 1, version: { state: "READY", kind: "MERGED" } });

  const again = await requestMerge(client, { namespace: "acme", name: "both", recipe: { ...recipe, base: "acme/base@1" } });
  expect(again).toMatchObject({ created: false, version: { id: run.version?.id }, run: { id: run.id } });

  const version = await client.ask<{
    files: { path: string; downloadPath: string }[];
    parents: { role: string; coefficient: number | null; parentDigest: string; parent: { ref: string } }[];
    lineage: { nodes: { ref: string }[]; edges: unknown[]; truncated: boolean };
  }>(
    `{ version(ref: "acme/both") { files { path downloadPath } parents { role coefficient parentDigest parent { ref } }
       lineage { nodes { ref } edges { id } truncated } } }`,
  );
  expect(version.parents).toEqual([
    { role: "PARENT", coefficient: 0.5, parentDigest: math.digest, parent: { ref: "acme/math@1" } },
    { role: "PARENT", coefficient: 1, parentDigest: code.digest, parent: { ref: "acme/code@1" } },
    { role: "BASE", coefficient: null, parentDigest: base.digest, parent: { ref: "acme/base@1" } },
  ]);
  expect(version.lineage).toMatchObject({ truncated: false });
  expect(version.lineage.nodes.map(({ ref }) => ref).sort()).toEqual([
    "acme/base@1",
    "acme/both@1",
    "acme/code@1",
    "acme/math@1",
  ]);
  expect(version.lineage.edges).toHaveLength(5);

  const file = version.files.find(({ path }) => path === "model.safetensors");
  const bytes = new Uint8Array(await (await client.fetch(file?.downloadPath ?? "")).arrayBuffer());
  const header = await readHeader(bytesSource(bytes));
  const bias = header.tensors.find(({ name }) => name === "layer.bias");
  // 1 + 0.5·(2 − 1) + 0.5·2·(4 − 1) = 4.5
  expect([...decodeToF32("F32", bytes.slice(bias?.begin, bias?.end))]).toEqual([4.5, 4.5, 4.5]);
});
