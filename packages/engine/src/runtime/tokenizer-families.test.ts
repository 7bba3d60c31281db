import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { checkTokenizer } from "./check-tokenizer.ts";
import { readJson } from "./checkpoint-tensors.ts";
import { openNetwork } from "./open-network.ts";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.ts";

/** Written by scripts/golden/tokenizer_files.py from Python's tokenizers. */
const golden = join(import.meta.dirname, "golden", "tokenizers");

interface Expected {
  readonly texts: string[];
  readonly tokenizers: Record<string, { readonly whole: number[][]; readonly plain: number[][]; readonly decoded: string[] }>;
}
const { texts, tokenizers } = (await readJson(join(golden, "expected.json"))) as Expected;

async function load(name: string, settings?: object): Promise<TextTokenizer> {
  const folder = await mkdtemp(join(tmpdir(), "tokenizer-"));
  try {
    await copyFile(join(golden, `${name}.json`), join(folder, "tokenizer.json"));
    if (settings) await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(settings));
    return await loadTokenizer(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The library decodes U+FEFF from byte tokens to nothing. */
const isDecodable = (name: string, text: string): boolean => name !== "llama" || !text.includes("\ufeff");

describe.each(Object.entries(tokenizers))("%s", (name, { whole, plain, decoded }) => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = await load(name);
  });

  test.each(texts.map((text, index) => [text.slice(0, 40), index] as const))("%j as Python's tokenizers has it", (_, index) => {
    const text = texts[index] ?? "";
    expect(tokenizer.encode(text, 10_000)).toEqual(whole[index]);
    expect(tokenizer.encodePlain(text)).toEqual(plain[index]);
    if (isDecodable(name, text)) expect(tokenizer.decode(plain[index] ?? [])).toBe(decoded[index]);
  });

  test("a text too long loses its own end, whatever the template adds", () => {
    const { before, after } = tokenizer;
    const whole = tokenizer.encode("hello world, again", 1000);
    const cut = tokenizer.fit("hello world, again", whole.length - 1);
    expect(cut).toEqual({ ids: [...whole.slice(0, -1 - after.length), ...after], isCut: true });
    expect(tokenizer.encode("hello", before.length + after.length)).toEqual([...before, ...after]);
    expect(() => tokenizer.encode("hello", before.length + after.length - 1)).toThrow("no room for the special tokens");
  });

  test("of a million characters only the beginning is tokenised, and gives the same", () => {
    const text = "hello world, again. ".repeat(50_000);
    const begin = performance.now();
    const { ids, isCut } = tokenizer.fit(text, 128);
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(isCut).toBe(true);
    expect(ids).toEqual(tokenizer.encode(text.slice(0, 10_000), 128));
  });
});

test("templates: what stands before a text and after it", async () => {
  const template = async (name: string) => {
    const { before, after } = await load(name);
    return [before.length, after.length];
  };
  expect(await template("roberta")).toEqual([1, 1]);
  expect(await template("gpt2")).toEqual([0, 0]);
  expect(await template("llama")).toEqual([1, 0]);
  expect(await template("llama3")).toEqual([1, 0]);
  expect(await template("t5")).toEqual([0, 1]);
});

test("the padding token of the settings", async () => {
  expect((await load("t5", { pad_token: "<pad>" })).paddingId).toBe(0);
  expect((await load("roberta", { pad_token: { content: "<pad>" } })).paddingId).toBe(1);
  expect((await load("gpt2")).paddingId).toBeNull();
  await expect(load("gpt2", { pad_token: "<pad>" })).rejects.toThrow('The tokenizer has no token "<pad>".');
});

test("a tokenizer with more tokens than the model embeds is refused", async () => {
  const network = await openNetwork(join(import.meta.dirname, "golden", "t5"));
  if (network.input !== "pairs") throw new Error("not an encoder-decoder");
  const tokenizer = await load("t5");
  expect(() => checkTokenizer(tokenizer, network, "my-model")).toThrow(
    "my-model: tokenizer.json has ids up to 83; the model embeds 43 tokens.",
  );
  expect(() => checkTokenizer(tokenizer, { ...network, vocabularySize: 84 }, "my-model")).not.toThrow();
  network.dispose();
});
