import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type TensorData, writeSafetensors } from "@amalgam/engine/formats";
import { beforeAll, describe, expect, test } from "vitest";
import { pushReady, type Refusal, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

/** Prints the share of even numbers among the values of a split: what it says depends on the file it is given. */
const counting = `const lines = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\\n").map((line) => JSON.parse(line));
  console.log(JSON.stringify({ value: lines.filter(({ value }) => value % 2 === 0).length / lines.length, n: lines.length }));`;

/** Notes its process and hangs. */
const pidFile = path.join(os.tmpdir(), `amalgam-hanging-${process.pid}`);
const hanging = `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`;

const evaluators = new Map([
  ["hanging", [process.execPath, "-e", hanging]],
  ["counting", [process.execPath, "-e", counting, "{data}", "{model}"]],
  ["nan", [process.execPath, "-e", `console.log('{"value": NaN}')`]],
]);

const { client } = await serve({ evaluators });

beforeAll(async () => {
  await pushReady(client, "k/mlp", await perceptron([1, 0, 0, 1]), { kind: "BASE" });
  await pushReady(client, "k/flipped", await perceptron([0, 1, 1, 0]), { kind: "FINE_TUNED" });
});

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const floats = (name: string, shape: readonly number[], values: readonly number[]): TensorData => ({
  ...{ name, dtype: "F32" as const, shape },
  data: new Uint8Array(Float32Array.from(values).buffer),
});

async function safetensors(tensors: readonly TensorData[]): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await writeSafetensors({ write: async (bytes) => void parts.push(bytes.slice()) }, tensors, new Map());
  return Buffer.concat(parts);
}

/** Two features, two labels, no hidden layer: the larger of two weighted sums. */
async function perceptron(head: readonly number[]): Promise<Map<string, Uint8Array>> {
  const config = { model_type: "mlp", input_size: 2, hidden_sizes: [], num_labels: 2 };
  const weights = await safetensors([floats("classifier.weight", [2, 2], head), floats("classifier.bias", [2], [0, 0])]);
  return new Map([
    ["config.json", bytesOf(JSON.stringify(config))],
    ["model.safetensors", weights],
  ]);
}

async function upload(name: string, bytes: Uint8Array): Promise<Record<string, unknown>> {
  return { path: name, ...(await client.upload(bytes)) };
}

async function split(name: string, bytes: Uint8Array, purpose = "REPORT"): Promise<Record<string, unknown>> {
  return { name: purpose.toLowerCase(), purpose, file: await upload(name, bytes) };
}

interface TaskAnswer extends Refusal {
  readonly created?: boolean;
  readonly task?: Record<string, unknown>;
}

const createTask = (name: string, input: Record<string, unknown>): Promise<TaskAnswer> =>
  client.ask(
    `mutation ($input: CreateTaskInput!) { createTask(input: $input) { __typename
      ... on CreateTaskSuccess { created task { kind settings metric lowerIsBetter splits { exampleCount format } dataset { ref } } }
      ... on RefusedError { message faults { code message path } } } }`,
    { input: { namespace: "k", name, title: name, ...input } },
  );

const createSuite = (name: string, tasks: readonly string[]): Promise<Refusal> =>
  client.ask(
    `mutation ($input: CreateSuiteInput!) { createSuite(input: $input) { __typename ... on RefusedError { faults { code message path } } } }`,
    { input: { namespace: "k", name, title: name, tasks } },
  );

/** Asks for a version's scores on a suite, waits for them, and answers them with the run's failure. */
async function evaluate(version: string, suite: string) {
  await createSuite(suite, [suite]);
  const { runs } = await client.ask<{ runs: { id: string }[] }>(
    `mutation ($input: RequestEvaluationInput!) { requestEvaluation(input: $input) { ... on RequestEvaluationSuccess { runs { id } } } }`,
    { input: { versions: [version], namespace: "k", suite } },
  );
  const ended = await runEnded(client, runs[0]?.id ?? "", 60_000);
  const { evaluations } = await client.ask<{ evaluations: Record<string, unknown>[] }>(
    `query ($ref: String!) { version(ref: $ref) { evaluations {
      task { name } state value n low high seconds examplesPerSecond peakMemoryBytes truncated details } } }`,
    { ref: version },
  );
  const score = evaluations.find(({ task }) => (task as { name: string }).name === suite);
  return { failure: ended.failure, score };
}

const table = (labels: readonly number[]): Promise<Uint8Array> =>
  safetensors([
    floats("features", [4, 2], [3, 1, 1, 3, 5, 0, 0, 5]),
    { name: "labels", dtype: "U8", shape: [4], data: Uint8Array.from(labels) },
  ]);

describe("a table", () => {
  test("is scored with the head of its expert, or with each version's own", async () => {
    const splits = [await split("table.safetensors", await table([0, 1, 0, 0]))];
    const labels = ["first", "second"];
    expect(await createTask("table", { kind: "TABLE_CLASSIFICATION", labels, splits })).toMatchObject({
      created: true,
      task: {
        kind: "TABLE_CLASSIFICATION",
        metric: "accuracy",
        lowerIsBetter: false,
        splits: [{ exampleCount: 4, format: "safetensors" }],
      },
    });
    const own = await evaluate("k/mlp@1", "table");
    expect(own).toMatchObject({ failure: null, score: { state: "SUCCEEDED", value: 0.75, n: 4, truncated: 0, details: {} } });
    expect(Number(own.score?.["peakMemoryBytes"])).toBeGreaterThan(20e6);
    expect(own.score?.["examplesPerSecond"]).toBeGreaterThan(0);
    expect((await evaluate("k/flipped@1", "table")).score).toMatchObject({ value: 0.25 });

    expect(await createTask("lent", { kind: "TABLE_CLASSIFICATION", labels, splits, expert: "k/mlp@1" })).toMatchObject({
      created: true,
    });
    expect((await evaluate("k/flipped@1", "lent")).score).toMatchObject({ value: 0.75 });
  });

  test("with a label outside the task's is refused when the task is made", async () => {
    const splits = [await split("table.safetensors", await table([0, 1, 2, 0]))];
    expect(await createTask("outside", { kind: "TABLE_CLASSIFICATION", labels: ["a", "b"], splits })).toMatchObject({
      faults: [
        {
          code: "BAD_EXAMPLES",
          message: 'table.safetensors: tensor "labels": example 3 has the label 2; the task has the labels 0 to 1.',
          path: ["splits", "0", "file"],
        },
      ],
    });
  });
});

test("a kind that a model cannot do fails with a sentence that names the model's head", async () => {
  const splits = [await split("documents.jsonl", bytesOf('{"text":"abc"}\n'))];
  expect(await createTask("documents", { kind: "PERPLEXITY", splits })).toMatchObject({
    created: true,
    task: { metric: "bits_per_token", lowerIsBetter: true },
  });
  const { failure, score } = await evaluate("k/mlp@1", "documents");
  expect(failure).toMatchObject({ code: "EVALUATION_FAILED" });
  expect(failure?.message).toContain("mlp has no causal-language head here; it runs with classification.");
  expect(score).toMatchObject({ state: "FAILED", value: null });
});

describe("language models", () => {
  const golden = path.resolve(import.meta.dirname, "../../../../packages/engine/src/runtime/golden/gpt2");
  const letters = ["<pad>", "</s>", "<unk>", " ", "\n", ...Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i))];
  const tokenizer = {
    version: "1.0",
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "BPE", unk_token: "<unk>", vocab: Object.fromEntries(letters.map((word, id) => [word, id])), merges: [] },
  };

  test("have bits per token, choices and answers", { timeout: 120_000 }, async () => {
    const files = new Map(
      ["config.json", "model.safetensors"].map((name) => [name, fs.readFileSync(path.join(golden, name))] as const),
    );
    await pushReady(
      client,
      "k/gpt2",
      new Map<string, Uint8Array>([...files, ["tokenizer.json", bytesOf(JSON.stringify(tokenizer))]]),
    );
    const bits = await evaluate("k/gpt2@1", "documents");
    expect(bits).toMatchObject({ failure: null, score: { state: "SUCCEEDED", n: 1, low: null, details: { tokens: 3 } } });
    expect(bits.score?.["value"]).toBeGreaterThan(1);

    const choices = bytesOf('{"context":"a","choices":["b","c"],"answer":0}\n{"context":"a","choices":["c","b"],"answer":0}\n');
    const settings = { normalise: "none" };
    expect(
      await createTask("choices", { kind: "MULTIPLE_CHOICE", settings, splits: [await split("choices.jsonl", choices)] }),
    ).toMatchObject({
      task: { settings: { normalise: "none", separator: " " } },
    });
    // One of the two orders is right, whatever the model prefers.
    expect((await evaluate("k/gpt2@1", "choices")).score).toMatchObject({ value: 0.5, n: 2 });

    const answers = [await split("answers.jsonl", bytesOf('{"input":"a","target":"no such answer"}\n'))];
    await createTask("answers", { kind: "EXACT_MATCH", settings: { maxNewTokens: 2 }, splits: answers });
    expect((await evaluate("k/gpt2@1", "answers")).score).toMatchObject({ value: 0, n: 1 });
  });
});

describe("external evaluators", () => {
  const numbers = bytesOf('{"value":2}\n{"value":3}\n{"value":4}\n{"value":6}\n');

  test("are those that the server's configuration names, and score the version's folder and the split", async () => {
    expect(await client.ask("{ evaluators }")).toEqual(["hanging", "counting", "nan"]);
    const splits = [await split("numbers.jsonl", numbers)];
    expect(await createTask("even", { kind: "EXTERNAL", settings: { evaluator: "counting" }, splits })).toMatchObject({
      created: true,
    });
    expect(await evaluate("k/mlp@1", "even")).toMatchObject({ failure: null, score: { state: "SUCCEEDED", value: 0.75, n: 4 } });
  });

  test("a caller can neither give a command nor name another", async () => {
    const splits = [await split("numbers.jsonl", numbers)];
    const refused = (settings: object) => createTask("mine", { kind: "EXTERNAL", settings, splits });
    expect(await refused({ evaluator: "/bin/sh" })).toMatchObject({
      faults: [{ code: "EVALUATOR_UNKNOWN", message: 'The server has no evaluator "/bin/sh"; it has hanging, counting, nan.' }],
    });
    expect(await refused({})).toMatchObject({ faults: [{ code: "EVALUATOR_UNKNOWN" }] });
    expect(await refused({ evaluator: "counting", command: ["rm"] })).toMatchObject({ faults: [{ code: "BAD_SETTINGS" }] });
  });

  test("a run that is cancelled ends the command", async () => {
    const splits = [await split("numbers.jsonl", numbers)];
    await createTask("hanging", { kind: "EXTERNAL", settings: { evaluator: "hanging" }, splits });
    await createSuite("hanging", ["hanging"]);
    const { runs } = await client.ask<{ runs: { id: string }[] }>(
      `mutation { requestEvaluation(input: { versions: ["k/mlp@1"], namespace: "k", suite: "hanging" }) {
        ... on RequestEvaluationSuccess { runs { id } } } }`,
    );
    const id = runs[0]?.id ?? "";
    await expect.poll(() => fs.existsSync(pidFile) && fs.readFileSync(pidFile, "utf8"), { timeout: 20_000 }).toMatch(/\d/);
    const pid = Number(fs.readFileSync(pidFile, "utf8"));
    fs.rmSync(pidFile);
    expect(() => process.kill(pid, 0)).not.toThrow();
    await client.ask(`mutation ($input: CancelRunInput!) { cancelRun(input: $input) { __typename } }`, { input: { id } });
    expect(await runEnded(client, id)).toMatchObject({ state: "CANCELLED", failure: null });
    expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });

  test("one that prints NaN fails the run with a sentence", async () => {
    const splits = [await split("numbers.jsonl", numbers)];
    await createTask("nan", { kind: "EXTERNAL", settings: { evaluator: "nan" }, splits });
    expect((await evaluate("k/mlp@1", "nan")).failure?.message).toContain("printed a score that is not a finite number");
  });
});

describe("data sets", () => {
  interface DatasetAnswer extends Refusal {
    readonly created?: boolean;
    readonly version?: { readonly ref: string; readonly digest: string };
  }
  const register = (splits: readonly object[]): Promise<DatasetAnswer> =>
    client.ask(
      `mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { __typename
        ... on RegisterDatasetSuccess { created version { ref digest } } ... on RefusedError { faults { code message path } } } }`,
      { input: { namespace: "k", name: "numbers", title: "Numbers", splits } },
    );

  test("are versions of named files; the same files are the same version", async () => {
    const train = { name: "train", file: await upload("train.jsonl", bytesOf('{"text":"a","label":0}\n')) };
    const held = {
      name: "held-out",
      file: await upload("test.jsonl", bytesOf('{"text":"b","label":1}\n{"text":"c","label":0}\n')),
    };
    const first = await register([train, held]);
    expect(first).toMatchObject({ created: true, version: { ref: "k/numbers@1" } });
    expect(await register([held, train])).toMatchObject({ created: false, version: first.version });
    expect(await register([train])).toMatchObject({ created: true, version: { ref: "k/numbers@2" } });
    expect(await register([train, train])).toMatchObject({ faults: [{ code: "SPLIT_TWICE" }] });
    const { edges } = await client.ask<{ edges: { node: object }[] }>(
      `{ datasets { edges { node { namespace name versions { ref splits { name path } } } } } }`,
    );
    expect(edges.map(({ node }) => node)).toEqual([
      {
        ...{ namespace: "k", name: "numbers" },
        versions: [
          { ref: "k/numbers@2", splits: [{ name: "train", path: "train.jsonl" }] },
          {
            ref: "k/numbers@1",
            splits: [
              { name: "held-out", path: "test.jsonl" },
              { name: "train", path: "train.jsonl" },
            ],
          },
        ],
      },
    ]);
  });

  test("lend their splits to tasks", async () => {
    const labels = ["no", "yes"];
    const splits = [{ name: "held-out", purpose: "REPORT" }];
    const input = { kind: "CHOICE_RANKING", labels, splits, dataset: "k/numbers@1" };
    expect(await createTask("from-dataset", input)).toMatchObject({
      created: true,
      task: { dataset: { ref: "k/numbers@1" }, splits: [{ exampleCount: 2, format: "jsonl" }] },
    });
    expect(await createTask("from-dataset", input)).toMatchObject({ created: false });
    expect(await createTask("from-newer", { ...input, dataset: "k/numbers" })).toMatchObject({
      faults: [{ code: "NOT_FOUND", message: "The data set k/numbers has no split held-out; it has train." }],
    });
    expect(await createTask("from-none", { ...input, dataset: "k/nothing@1" })).toMatchObject({
      faults: [{ code: "NOT_FOUND", path: ["dataset"] }],
    });
    const both = [{ ...splits[0], file: await upload("test.jsonl", bytesOf('{"text":"b","label":1}\n')) }];
    expect(await createTask("from-both", { ...input, splits: both })).toMatchObject({ faults: [{ code: "SPLIT_SOURCE" }] });
    expect(await createTask("from-neither", { kind: "CHOICE_RANKING", labels, splits })).toMatchObject({
      faults: [{ code: "SPLIT_SOURCE" }],
    });
  });
});

describe("a task that cannot be scored is refused when it is made", () => {
  test.each([
    [
      "binary",
      "EXACT_MATCH",
      "a.jsonl",
      Uint8Array.of(0x7b, 0xff, 0x0a),
      "a.jsonl: line 1 is not UTF-8 text; a split is JSON Lines.",
    ],
    [
      "answer",
      "MULTIPLE_CHOICE",
      "a.jsonl",
      bytesOf('{"context":"a","choices":["b","c"],"answer":2}'),
      "line 1: answer is 2; the example has the choices 0 to 1.",
    ],
    ["choices", "MULTIPLE_CHOICE", "a.jsonl", bytesOf('{"context":"a","choices":["b"],"answer":0}'), 'line 1: choices is ["b"]'],
    ["target", "EXACT_MATCH", "a.jsonl", bytesOf('{"input":"a"}'), "line 1: target is"],
    ["empty", "PERPLEXITY", "a.jsonl", bytesOf("\n"), "the split has no examples."],
    ["format", "PERPLEXITY", "a.json", bytesOf("{}"), "a split of perplexity is a .jsonl file."],
  ])("%s", async (name, kind, file, bytes, message) => {
    const answer = await createTask(`bad-${name}`, { kind, splits: [await split(file, bytes)] });
    expect(answer.faults?.[0]).toMatchObject({ code: "BAD_EXAMPLES", path: ["splits", "0", "file"] });
    expect(answer.faults?.[0]?.message).toContain(message);
  });

  test("labels and settings belong to some kinds only", async () => {
    const splits = [await split("documents.jsonl", bytesOf('{"text":"abc"}\n'))];
    expect(await createTask("labelled", { kind: "PERPLEXITY", labels: ["a", "b"], splits })).toMatchObject({
      faults: [{ path: ["labels"] }],
    });
    expect(await createTask("unlabelled", { splits })).toMatchObject({
      faults: [{ message: "A task has at least two labels." }],
    });
    expect(await createTask("settings", { kind: "PERPLEXITY", settings: { stride: 3 }, splits })).toMatchObject({
      faults: [{ code: "BAD_SETTINGS", path: ["settings"] }],
    });
  });
});

test("a suite may hold tasks in different units: its leaderboard then has no plain mean", async () => {
  expect(await createSuite("mixed", ["documents", "table"])).toMatchObject({ __typename: "CreateSuiteSuccess" });
  const board = await client.ask<{ rows: { mean: number | null }[] }>(
    `{ leaderboard(namespace: "k", suite: "mixed") { rows { title mean scores { value } } } }`,
  );
  for (const { mean } of board.rows) expect(mean).toBeNull();
  expect(board.rows.length).toBeGreaterThan(0);
});
