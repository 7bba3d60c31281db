import { encodeFromF32, writeSafetensors } from "@amalgam/engine/formats";
import { safetensors } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { pushReady } from "../support/registry.ts";

/** Deterministic numbers in (−1, 1), the same on every machine. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

const features = 4;
const hidden = 6;

const config = { model_type: "mlp", input_size: features, hidden_sizes: [hidden], num_labels: 2, hidden_act: "tanh" };

/**
 * A perceptron whose hidden units 0 to 2 look at features 0 and 1, and 3 to 5 at features 2 and 3. An expert has strong weights at its own units and is harmful
 * at the other's, so that more of it is not always better.
 */
async function mlp(kind: "base" | "first" | "second"): Promise<Map<string, Uint8Array>> {
  const next = numbers(7);
  const values = Array.from({ length: hidden * features }, () => 0.05 * next());
  const noise = numbers(kind === "first" ? 11 : 13);
  const own = kind === "first" ? 0 : 3;
  if (kind !== "base")
    for (let unit = 0; unit < hidden; unit++)
      for (let feature = 0; feature < features; feature++) {
        const isOwn = unit >= own && unit < own + 3;
        const weight = isOwn ? ([1.5, -1, 0.7, 1.2][feature] ?? 0) : 0.6 * noise();
        values[unit * features + feature] = (values[unit * features + feature] ?? 0) + weight * (isOwn ? 1 : 0.8);
      }
  const head = Array.from({ length: 2 * hidden }, (_, i) => {
    const unit = i % hidden;
    const mine = kind === "base" ? 0.1 : unit >= own && unit < own + 3 ? 1 : 0.25;
    return i < hidden ? -mine : mine;
  });
  const weights = await safetensors([
    { name: "classifier.bias", shape: [2], values: [0, 0] },
    { name: "classifier.weight", shape: [2, hidden], values: head },
    { name: "layers.0.bias", shape: [hidden], values: new Array(hidden).fill(0) },
    { name: "layers.0.weight", shape: [hidden, features], values },
  ]);
  return new Map([
    ["config.json", Buffer.from(JSON.stringify(config))],
    ["model.safetensors", weights],
  ]);
}

/** Rows labelled by a noisy rule that the expert's units come near to. */
async function split(task: "first" | "second", seed: number, n = 160): Promise<Uint8Array> {
  const next = numbers(seed);
  const rows = Array.from({ length: n * features }, next);
  const rule = task === "first" ? [1.5, -1, 0.7, 1.2] : [1.2, -0.8, 1, 0.9];
  const labels = Uint8Array.from({ length: n }, (_, i) => {
    const sum = rule.reduce((total, weight, f) => total + weight * (rows[i * features + f] ?? 0), 0);
    return sum + 0.5 * next() > 0 ? 1 : 0;
  });
  const chunks: Uint8Array[] = [];
  await writeSafetensors(
    { write: async (bytes) => void chunks.push(new Uint8Array(bytes)) },
    [
      { name: "features", dtype: "F32", shape: [n, features], data: encodeFromF32("F32", Float32Array.from(rows)) },
      { name: "labels", dtype: "U8", shape: [n], data: labels },
    ],
    new Map(),
  );
  return Buffer.concat(chunks);
}

export const createTask = (client: Client, input: Record<string, unknown>) =>
  client.ask<{ __typename: string; message?: string }>(
    `mutation ($input: CreateTaskInput!) { createTask(input: $input) { __typename ... on RefusedError { message } } }`,
    { input: { namespace: "tiny", kind: "TABLE_CLASSIFICATION", labels: ["no", "yes"], ...input } },
  );

/** Splits of one seed begin with the same rows. */
export async function splitFile(client: Client, task: "first" | "second", seed: number, n?: number) {
  return { path: "rows.safetensors", ...(await client.upload(await split(task, seed, n))) };
}

/** A base, two experts, their tasks with search and report splits, and the suite of both. */
export async function fillRegistry(port: number, token: string): Promise<Client> {
  const client = connectClient(port, token);
  await pushReady(client, "tiny/base", await mlp("base"), { kind: "BASE" });
  for (const name of ["first", "second"] as const) {
    await pushReady(client, `tiny/${name}`, await mlp(name), { base: "tiny/base" });
    const seed = name === "first" ? 100 : 200;
    const made = await createTask(client, {
      name,
      title: name,
      expert: `tiny/${name}`,
      splits: [
        { name: "search", purpose: "SEARCH", file: await splitFile(client, name, seed) },
        { name: "report", purpose: "REPORT", file: await splitFile(client, name, seed + 1) },
      ],
    });
    if (made.__typename !== "CreateTaskSuccess") throw new Error(made.message);
  }
  await client.ask(
    `mutation { createSuite(input: { namespace: "tiny", name: "both", title: "Both", tasks: ["first", "second"] }) { __typename } }`,
  );
  return client;
}

export const recipe = {
  method: "task_arithmetic",
  base: "tiny/base",
  parents: [{ model: "tiny/first" }, { model: "tiny/second" }],
};
