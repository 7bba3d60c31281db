import { beforeAll, expect, test } from "vitest";
import { safetensors } from "../support/checkpoints.ts";
import { pushReady, requestMerge, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

const { client } = await serve();

const tokenizer = (tokens: readonly string[], space?: number): string =>
  JSON.stringify(
    {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: { type: "Whitespace" },
      post_processor: null,
      decoder: null,
      model: { type: "WordLevel", vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), unk_token: "[UNK]" },
    },
    null,
    space,
  );

/** A language model of one layer whose embeddings have a row for each token: the row of token i is i·scale. */
async function language(tokens: readonly string[], scale: number, space?: number): Promise<Map<string, Uint8Array>> {
  const config = {
    architectures: ["LlamaForCausalLM"],
    vocab_size: tokens.length,
    num_hidden_layers: 1,
    tie_word_embeddings: true,
  };
  const values = tokens.flatMap((_, id) => [id * scale, id * scale]);
  return new Map<string, Uint8Array>([
    ["config.json", Buffer.from(JSON.stringify(config))],
    ["tokenizer.json", Buffer.from(tokenizer(tokens, space))],
    [
      "model.safetensors",
      await safetensors([
        { name: "model.embed_tokens.weight", shape: [tokens.length, 2], values },
        { name: "model.layers.0.mlp.weight", shape: [2, 2], values: [scale, scale, scale, scale] },
      ]),
    ],
  ]);
}

const words = ["[UNK]", "a", "b", "c"];

beforeAll(async () => {
  await pushReady(client, "words/one", await language(words, 1));
  await pushReady(client, "words/same", await language(words, 2));
  await pushReady(client, "words/spaced", await language(words, 3, 2));
  await pushReady(client, "words/other", await language(["[UNK]", "c", "b", "a"], 2));
  await pushReady(client, "words/more", await language([...words, "d"], 2));
  const broken = await language(words, 4);
  await pushReady(client, "words/broken", broken.set("tokenizer.json", Buffer.from('{"model": {"type": "Magic"}}')));
});

const linear = (...names: string[]) => ({ method: "linear", parents: names.map((name) => ({ model: `words/${name}` })) });

interface Check {
  readonly ok: boolean;
  readonly notes: readonly string[];
  readonly faults: readonly { readonly code: string; readonly message: string; readonly path: readonly string[] }[];
}

const check = (recipe: unknown) =>
  client.ask<Check>("query ($recipe: JSON!) { checkMerge(recipe: $recipe) { ok notes faults { code message path } } }", {
    recipe,
  });

test("the same tokenizer passes, byte for byte or written another way", async () => {
  expect(await check(linear("one", "same"))).toMatchObject({ ok: true, faults: [] });
  expect(await check(linear("one", "spaced"))).toMatchObject({ ok: true, faults: [] });
});

test("different tokenizers are refused with what differs, and with what to do", async () => {
  const { faults } = await check(linear("one", "other"));
  expect(faults).toMatchObject([{ code: "TOKENIZER_MISMATCH", path: ["recipe", "parents", "1"] }]);
  expect(faults[0]?.message).toMatch(/words\/one@1 and words\/other@1 differ.*"a" is 1 in words\/one@1 and 3.*"source": "union"/);
});

test("a tokenizer that cannot be read is named", async () => {
  const { faults } = await check(linear("one", "broken"));
  expect(faults).toHaveLength(1);
  expect(faults[0]?.message).toMatch(/words\/broken@1: tokenizer\.json/);
});

test("with a policy, the union of vocabularies is merged, each token with its own rows", async () => {
  const recipe = { ...linear("one", "more"), tokenizer: { source: "union" } };
  expect(await check(recipe)).toMatchObject({
    ok: true,
    notes: [expect.stringMatching(/union of words\/one@1, words\/more@1: 5 tokens/)],
  });
  const asked = await requestMerge(client, { namespace: "words", name: "both", recipe });
  expect(await runEnded(client, asked.run?.id ?? "")).toMatchObject({ state: "SUCCEEDED", failure: null });
  const made = await client.ask<{ files: { path: string; downloadPath: string }[] }>(
    '{ version(ref: "words/both") { recipe files { path downloadPath } } }',
  );
  expect(made).toMatchObject({ recipe: { tokenizer: { source: "union" } } });
  const file = made.files.find(({ path }) => path === "tokenizer.json");
  const merged = (await (await client.fetch(file?.downloadPath ?? "")).json()) as { model: { vocab: Record<string, number> } };
  expect(merged.model.vocab).toEqual({ "[UNK]": 0, a: 1, b: 2, c: 3, d: 4 });
});

test("a policy may name a model by its alias; the request pins it", async () => {
  const recipe = { ...linear("one", "other"), tokenizer: { source: "words/other" } };
  const asked = await requestMerge(client, { namespace: "words", name: "kept", recipe });
  expect(await runEnded(client, asked.run?.id ?? "")).toMatchObject({ state: "SUCCEEDED", failure: null });
  expect(await client.ask('{ version(ref: "words/kept") { recipe } }')).toMatchObject({
    recipe: { tokenizer: { source: "words/other@1" } },
  });
});
