import { bytesSource, decodeToF32, readHeader } from "@amalgam/engine/formats";
import { expect, test } from "vitest";
import { tinyCheckpoint } from "../support/checkpoints.ts";
import { createModel, push, pushReady, requestMerge, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

const { client } = await serve();

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

test("a task vector is extracted as a version of its own kind, and used as a parent", { timeout: 60_000 }, async () => {
  const base = await pushReady(client, "delta/base", await tinyCheckpoint(10), { kind: "BASE" });
  const tuned = await pushReady(client, "delta/tuned", await tinyCheckpoint(12), { base: base.ref });
  for (const name of ["tau", "out"]) await createModel(client, "delta", name);
  const extract = { method: "task_vector", base: base.ref, parents: [{ model: tuned.ref }] };
  const tau = await requestMerge(client, { namespace: "delta", name: "tau", recipe: extract });
  expect((await runEnded(client, tau.run?.id ?? "")).version).toMatchObject({ kind: "TASK_VECTOR", state: "READY" });
  const recipe = { method: "task_arithmetic", base: base.ref, parents: [{ model: "delta/tau" }], parameters: { lambda: 1 } };
  const sum = await requestMerge(client, { namespace: "delta", name: "out", recipe });
  expect(await runEnded(client, sum.run?.id ?? "")).toMatchObject({ state: "SUCCEEDED" });
  const tensorsOf = (ref: string) =>
    client.ask<{ tensors: { edges: { node: { name: string; sha256: string; norm: number } }[]; totalCount: number } }>(
      "query ($ref: String!) { version(ref: $ref) { tensors(first: 10) { totalCount edges { node { name sha256 norm } } } } }",
      { ref },
    );
  // base + (tuned − base) is tuned, tensor by tensor.
  expect(await tensorsOf("delta/out")).toEqual(await tensorsOf(tuned.ref));
  const one = await client.ask(
    '{ version(ref: "delta/tau") { tensors(search: "bias") { totalCount edges { node { name min max norm } } } } }',
  );
  expect(one).toEqual({
    tensors: { totalCount: 1, edges: [{ node: { name: "layer.bias", min: 2, max: 2, norm: expect.closeTo(Math.sqrt(12), 5) } }] },
  });
});

test("of ten fine-tuned models made at once, eight get a colour of their own and two get none", async () => {
  const names = Array.from({ length: 10 }, (_, i) => `m${i}`);
  await Promise.all(names.map(async (name, i) => push(client, `colour/${name}`, await tinyCheckpoint(20 + i))));
  const { edges } = await client.ask<{ edges: { node: { strand: number | null } }[] }>(
    '{ models(namespace: "colour") { edges { node { strand } } } }',
  );
  const strands = edges.map(({ node }) => node.strand).sort((a, b) => (a ?? 9) - (b ?? 9));
  expect(strands).toEqual([1, 2, 3, 4, 5, 6, 7, 8, null, null]);
});
