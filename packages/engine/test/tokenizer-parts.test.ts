import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type MergeOptions, mergeToFolder, parseRecipe } from "../src/merge/index.ts";
import { safetensorsBytes, tensorOf } from "./checkpoints.ts";
import { embedName, matrixOf, readTensors, rowsOf, writeTokenModel } from "./token-models.ts";

vi.setConfig({ testTimeout: 60_000 });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-tokenizer-parts-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
const place = (): string => {
  count += 1;
  return join(root, `f${count}`);
};

const models = () =>
  Promise.all([
    writeTokenModel(place(), { seed: 1, words: ["abc"], specials: ["<s>"] }),
    writeTokenModel(place(), { seed: 2, words: ["bcd"], specials: ["<s>", "<b>"] }),
  ]);

async function merge(recipe: unknown, parents: readonly string[], options: Partial<MergeOptions> = {}) {
  const outDir = place();
  await mergeToFolder({ recipe: parseRecipe(recipe), base: null, parents, outDir, digests: "skip", durable: false, ...options });
  return readTensors(join(outDir, "model.safetensors"));
}

/** An adapter of rank 2 for one module of 6 × 6, or for the embeddings. */
async function writeAdapter(module: string, rows: number | null): Promise<string> {
  const folder = place();
  await mkdir(folder);
  const name = `base_model.model.model.${module}`;
  const factors =
    rows === null
      ? [
          tensorOf({ name: `${name}.lora_A.weight`, dtype: "F32", shape: [2, 6] }, 7),
          tensorOf({ name: `${name}.lora_B.weight`, dtype: "F32", shape: [6, 2] }, 8),
        ]
      : [
          tensorOf({ name: `${name}.lora_embedding_A`, dtype: "F32", shape: [2, rows] }, 7),
          tensorOf({ name: `${name}.lora_embedding_B`, dtype: "F32", shape: [6, 2] }, 8),
        ];
  await writeFile(join(folder, "adapter_model.safetensors"), await safetensorsBytes(factors));
  await writeFile(join(folder, "adapter_config.json"), JSON.stringify({ peft_type: "LORA", r: 2, lora_alpha: 4, bias: "none" }));
  return folder;
}

describe("a tokenizer policy and an adapter", () => {
  const recipe = { method: "linear", parents: [{ model: "a", adapter: "l" }, { model: "b" }], tokenizer: {} };

  it("of other layers work together", async () => {
    const [a, b] = await models();
    const adapter = await writeAdapter("layers.0.self_attn.q_proj", null);
    const baked = await merge(recipe, [a.folder, b.folder], { adapters: { parents: [adapter, null] } });
    const plain = await merge({ ...recipe, parents: [{ model: "a" }, { model: "b" }] }, [a.folder, b.folder]);
    const changed = [...baked.keys()].filter(
      (name) => Buffer.compare(baked.get(name)?.data ?? new Uint8Array(0), plain.get(name)?.data ?? new Uint8Array(0)) !== 0,
    );
    expect(changed).toEqual(["model.layers.0.self_attn.q_proj.weight"]);
  });

  it("of the embeddings are refused by name, unless their rows stay where they are", async () => {
    const [a, b] = await models();
    const adapter = await writeAdapter("embed_tokens", a.tokens.length);
    const adapters = { parents: [adapter, null] };
    await expect(merge(recipe, [a.folder, b.folder], { adapters })).rejects.toThrow(
      `changes ${embedName}, and "tokenizer" moves the rows of a; bake the adapter in by a merge of its own first.`,
    );
    const kept = await merge({ ...recipe, tokenizer: { source: "a+l" } }, [a.folder, b.folder], { adapters });
    expect(kept.get(embedName)?.shape).toEqual([a.tokens.length, 6]);
  });
});

it("stacked layers have the embeddings of their first slice in the vocabulary of all models", async () => {
  const [a, b] = await models();
  const slice = (model: string) => ({ sources: [{ model, layers: [0, 1] }] });
  const recipe = { method: "passthrough", slices: [slice("a"), slice("b")], tokenizer: {} };
  const merged = await merge(recipe, [a.folder, b.folder]);
  const rows = (tensor = matrixOf("", [])) => rowsOf(tensor);
  const own = rows(a.tensors.find(({ name }) => name === embedName));
  const others = rows(b.tensors.find(({ name }) => name === embedName));
  const added = b.tokens.filter((token) => !a.tokens.includes(token)).map((token) => others[b.tokens.indexOf(token)]);
  expect(rows(merged.get(embedName))).toEqual([...own, ...added]);
  expect([...merged.keys()]).toContain("model.layers.1.self_attn.q_proj.weight");
});
