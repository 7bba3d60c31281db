import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { loadTokenizer, openNetwork, padBatch, type TextNetwork, tf, trunkTensors } from "@amalgam/engine/runtime";
import type { CorrectBits } from "@amalgam/engine/scores";

export interface Encoded {
  readonly input: readonly number[];
  readonly label: number;
}

export type Split = "search" | "report";
const files: Readonly<Record<Split, string>> = { search: "validation.jsonl", report: "test.jsonl" };

/** One task: its expert's network, into which any trunk can be put, and its examples. */
export interface Bench {
  readonly task: string;
  readonly network: TextNetwork;
  readonly examples: Readonly<Record<Split, readonly Encoded[]>>;
}

/** Base, experts and task vectors of one set, all in memory. */
export interface Laboratory {
  readonly tasks: readonly string[];
  readonly benches: readonly Bench[];
  readonly base: TensorMap;
  readonly experts: readonly TensorMap[];
  readonly deltas: readonly TensorMap[];
}

const BATCH = 64;

/** @param folder with `fixtures/<base|task>` and `tasks/<task>` */
export async function openLaboratory(folder: string, tasks: readonly string[]): Promise<Laboratory> {
  const model = (name: string) => join(folder, "fixtures", name);
  const tokenizer = await loadTokenizer(model("base"));
  const benches: Bench[] = [];
  const experts: TensorMap[] = [];
  for (const task of tasks) {
    const network = await openText(model(task), model(task));
    experts.push(trunkOf(network));
    const read = (split: Split): Encoded[] =>
      readFileSync(join(folder, "tasks", task, files[split]), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => {
          const { text, label } = JSON.parse(line) as { text: string; label: number };
          return { input: tokenizer.encode(text, network.maxLength), label };
        });
    benches.push({ task, network, examples: { search: read("search"), report: read("report") } });
  }
  const network = await openText(model("base"), model(tasks[0] ?? ""));
  const base = trunkOf(network);
  network.dispose();
  const deltas = experts.map((expert) => combine(expert, (name, p, value) => value - (base.get(name)?.[p] ?? 0)));
  return { tasks, benches, base, experts, deltas };
}

async function openText(folder: string, headFrom: string): Promise<TextNetwork> {
  const network = await openNetwork(folder, { head: "classification", headFrom });
  if (network.input !== "tokens") throw new Error(`${folder} does not read text.`);
  return network;
}

function trunkOf(network: TextNetwork): TensorMap {
  return new Map(trunkTensors(network).map((name) => [name, network.parameters.values(name).slice()]));
}

/** A map of the same shape, element by element. */
export function combine(first: TensorMap, value: (name: string, p: number, own: number) => number): Map<string, Float32Array> {
  return new Map([...first].map(([name, values]) => [name, values.map((own, p) => value(name, p, own))]));
}

export function putTrunk(network: TextNetwork, trunk: TensorMap): void {
  for (const [name, values] of trunk) {
    network.parameters.values(name).set(values);
    network.parameters.touch(name);
  }
}

/** Accuracy of a trunk under every task's head, one bit an example. */
export function score({ benches }: Laboratory, trunk: TensorMap, split: Split): CorrectBits[] {
  return benches.map(({ network, examples }) => {
    putTrunk(network, trunk);
    return classify(network, examples[split]);
  });
}

function classify(network: TextNetwork, examples: readonly Encoded[]): CorrectBits {
  const bits = new Uint8Array(Math.ceil(examples.length / 8));
  const order = [...examples.keys()].sort((a, b) => (examples[a]?.input.length ?? 0) - (examples[b]?.input.length ?? 0));
  for (let first = 0; first < order.length; first += BATCH) {
    const part = order.slice(first, first + BATCH);
    const logits = tf.tidy(() => network.logits(padBatch(part.map((index) => examples[index]?.input ?? []))));
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    part.forEach((index, row) => {
      const own = values.subarray(row * network.outputs, (row + 1) * network.outputs);
      if (own.indexOf(Math.max(...own)) !== examples[index]?.label) return;
      bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
    });
  }
  return { bits, n: examples.length };
}
