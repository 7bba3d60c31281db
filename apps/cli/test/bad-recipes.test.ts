import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { faultsIn, here, type ToldFault } from "./run-here.ts";
import { rawFile, type TinyTensor, tinyCheckpoint, weights } from "./tiny-checkpoint.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);
type Tensors = Readonly<Record<string, TinyTensor>>;
const ones = (shape: readonly number[]) => ({ shape, values: Array(shape.reduce((a, b) => a * b, 1)).fill(1) as number[] });

/** A language model of two layers. */
const language = (rows: number, columns: number, more: Tensors = {}): Tensors => ({
  "model.embed_tokens.weight": ones([rows, columns]),
  "model.layers.0.mlp.weight": ones([columns, columns]),
  "model.layers.1.mlp.weight": ones([columns, columns]),
  ...more,
});

const raw = (name: string, dtype: string, bytes: number) =>
  rawFile(`{"${name}":{"dtype":"${dtype}","shape":[4],"data_offsets":[0,${bytes}]}}`, bytes);

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam bad recipes "));
  for (const [name, value] of [
    ["base", 1],
    ["a", 2],
    ["b", 4],
    ["c", 3],
  ] as const)
    await tinyCheckpoint(at(name), weights(value));
  await tinyCheckpoint(at("nan"), { ...weights(1), "encoder.bias": { shape: [2], values: [1, Number.NaN] } });
  await tinyCheckpoint(at("more"), { ...weights(1), extra: ones([1]) });
  const { "encoder.bias": _bias, ...less } = weights(1);
  await tinyCheckpoint(at("less"), less);
  await tinyCheckpoint(at("lm"), language(6, 4));
  await tinyCheckpoint(at("lm-twin"), language(6, 4));
  await tinyCheckpoint(at("vocabulary"), language(8, 4));
  await tinyCheckpoint(at("wide"), language(6, 8));
  for (const [name, dtype, bytes] of [
    ["f16", "F16", 8],
    ["bf16", "BF16", 8],
    ["f64", "F64", 32],
    ["fp8", "F8_E4M3", 4],
    ["f16-too", "F16", 8],
    ["f64-too", "F64", 32],
    ["fp8-too", "F8_E4M3", 4],
  ] as const) {
    await tinyCheckpoint(at(name), {});
    writeFileSync(at(name, "model.safetensors"), raw("w", dtype, bytes));
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What a recipe is refused for: the code, the place and words of the one fault. */
type Case = readonly [what: string, recipe: string, code: string, where: string, words: RegExp];

const linear = (parents: string, more = "") => `method: linear\nparents: [${parents}]\n${more}`;
const ties = (parents: string, more = "") => `method: ties\nbase: base\nparents: [${parents}]\n${more}`;
const stack = (...slices: string[]) =>
  `method: passthrough\nslices:\n${slices.map((each) => `  - sources: [${each}]\n`).join("")}`;
const layers = (model: string, from: number | string, to: number | string) => `{model: ${model}, layers: [${from}, ${to}]}`;

const recipes: readonly Case[] = [
  // Names
  ["an unknown method", "method: lineer\nparents: [{model: a}]\n", "METHOD_UNKNOWN", "method", /lineer/],
  ["an unknown key", linear("{model: a}", "paramters: {}\n"), "KEY_UNKNOWN", "paramters", /paramters/],
  ["weigth", linear("{model: a, weigth: 1}"), "KEY_UNKNOWN", "parents.0.weigth", /"weigth"; write weight\./],
  [
    "a misspelt parameter",
    linear("{model: a}", "parameters: {normalise: true}\n"),
    "KEY_UNKNOWN",
    "parameters.normalise",
    /write normalize/,
  ],
  ["a density where there is none", linear("{model: a, density: 0.5}"), "KEY_UNKNOWN", "parents.0.density", /density/],
  [
    "a weight where there is none",
    "method: slerp\nparents: [{model: a, weight: 2}, {model: b}]\n",
    "KEY_UNKNOWN",
    "parents.0.weight",
    /no weight/,
  ],
  ["a key of objects", linear("{model: a}", "__proto__: {}\n"), "KEY_UNKNOWN", "__proto__", /__proto__/],
  // Numbers
  ["a weight that is NaN", linear("{model: a, weight: .nan}"), "VALUE_INVALID", "parents.0.weight", /weight/],
  ["a weight that is infinite", linear("{model: a, weight: .inf}"), "VALUE_INVALID", "parents.0.weight", /weight/],
  ["a weight of 1e308", linear("{model: a, weight: 1e308}"), "VALUE_INVALID", "parents.0.weight", /1000000/],
  ["a weight beyond numbers", linear("{model: a, weight: 1e999}"), "VALUE_INVALID", "parents.0.weight", /weight/],
  ["a weight as text", linear('{model: a, weight: "1"}'), "VALUE_INVALID", "parents.0.weight", /number/],
  ["a weight that is a mapping", linear("{model: a, weight: {x: 1}}"), "VALUE_INVALID", "parents.0.weight", /number/],
  ["a weight that is empty", linear("{model: a, weight: []}"), "VALUE_INVALID", "parents.0.weight", /empty/],
  [
    "a weight in a gradient that is NaN",
    linear("{model: a, weight: [0, .nan]}"),
    "VALUE_INVALID",
    "parents.0.weight.1",
    /weight\.1/,
  ],
  [
    "a weight of 10,001 entries",
    linear(`{model: a, weight: [${Array(10_001).fill(1).join()}]}`),
    "VALUE_INVALID",
    "parents.0.weight",
    /10000/,
  ],
  [
    "weights that are all 0",
    linear("{model: a, weight: 0}, {model: b, weight: 0}"),
    "WEIGHTS_SUM_ZERO",
    "parents",
    /add up to 0/,
  ],
  ["weights that add up to 0", linear("{model: a, weight: 1}, {model: b, weight: -1}"), "WEIGHTS_SUM_ZERO", "parents", /0/],
  ["a density below 0", ties("{model: a, density: -0.1}"), "VALUE_INVALID", "parents.0.density", /density/],
  ["a density above 1", ties("{model: a, density: 1.1}"), "VALUE_INVALID", "parents.0.density", /density/],
  [
    "a filter that is no text",
    ties("{model: a, density: [{filter: 3, value: 1}]}"),
    "VALUE_INVALID",
    "parents.0.density.0.filter",
    /filter/,
  ],
  [
    "a case with an unknown key",
    ties("{model: a, density: [{filtre: x, value: 1}]}"),
    "KEY_UNKNOWN",
    "parents.0.density.0.filtre",
    /filtre/,
  ],
  [
    "a t beyond 1",
    "method: slerp\nparents: [{model: a}, {model: b}]\nparameters: {t: 1.5}\n",
    "VALUE_INVALID",
    "parameters.t",
    /t:/,
  ],
  ["a seed below 0", linear("{model: a}", "seed: -1\n"), "VALUE_INVALID", "seed", /seed/],
  ["a seed that is no whole number", linear("{model: a}", "seed: 1.5\n"), "VALUE_INVALID", "seed", /seed/],
  // Models
  ["no parents", linear(""), "VALUE_INVALID", "parents", /at least one parent/],
  ["no list of parents", "method: linear\n", "KEY_MISSING", "parents", /parents/],
  ["65 parents", linear(Array.from({ length: 65 }, (_, i) => `{model: m${i}}`).join()), "VALUE_INVALID", "parents", /64/],
  ["a parent twice", linear("{model: a}, {model: a}"), "PARENT_TWICE", "parents.1.model", /listed twice/],
  ["a parent twice by two names", linear("{model: a}, {model: ./b/../a}"), "PARENT_TWICE", "parents.1.model", /listed twice/],
  ["one parent for slerp", "method: slerp\nparents: [{model: a}]\n", "PARENT_COUNT", "parents", /exactly 2/],
  [
    "three parents for slerp",
    "method: slerp\nparents: [{model: a}, {model: b}, {model: c}]\n",
    "PARENT_COUNT",
    "parents",
    /exactly 2/,
  ],
  ["no base", "method: ties\nparents: [{model: a}]\n", "BASE_MISSING", "base", /needs a base/],
  ["a base where there is none", linear("{model: a}", "base: base\n"), "BASE_UNUSED", "base", /takes no base/],
  [
    "a model that is not there",
    linear("{model: a}, {model: nowhere}"),
    "MODEL_MISSING",
    "parents.1.model",
    /no folder or file .*nowhere/,
  ],
  ["a base that is not there", "method: ties\nbase: nowhere\nparents: [{model: a}]\n", "MODEL_MISSING", "base", /nowhere/],
  [
    "a version, without a server",
    linear("{model: a}, {model: acme/math@1}"),
    "MODEL_MISSING",
    "parents.1.model",
    /amalgam pull it first/,
  ],
  [
    "a model of Hugging Face",
    linear("{model: a}, {model: Org/Name}"),
    "MODEL_MISSING",
    "parents.1.model",
    /huggingface-cli download Org\/Name,/,
  ],
  [
    "a revision of Hugging Face",
    linear("{model: a}, {model: Org/Name@v1.0}"),
    "MODEL_MISSING",
    "parents.1.model",
    /huggingface-cli download Org\/Name --revision v1\.0,/,
  ],
  ["an address", linear("{model: a}, {model: 'https://example.org/m'}"), "REFERENCE_REFUSED", "parents.1.model", /example\.org/],
  ["a bucket", linear("{model: a}, {model: 's3://bucket/m'}"), "REFERENCE_REFUSED", "parents.1.model", /s3:/],
  [
    "a file address",
    linear("{model: a}, {model: 'file:///etc/passwd'}"),
    "REFERENCE_REFUSED",
    "parents.1.model",
    /without file:/,
  ],
  ["two adapters", linear("{model: a+x+y}"), "VALUE_INVALID", "parents.0.model", /one adapter/],
  ["an adapter that is not there", linear("{model: a+nowhere}, {model: b}"), "MODEL_MISSING", "parents.0.adapter", /nowhere/],
  ["an adapter that is none", linear("{model: a+b}, {model: c}"), "ADAPTER_MISSING", "parents.0.adapter", /adapter_config\.json/],
  // Slices
  ["layers outside the model", stack(layers("lm", 0, 3)), "LAYERS_OUTSIDE", "slices.0.sources.0.layers", /has 2 layers/],
  ["no layers", stack(layers("lm", 1, 1)), "LAYERS_EMPTY", "slices.0.sources.0.layers", /no layer/],
  ["layers the wrong way round", stack(layers("lm", 2, 0)), "LAYERS_EMPTY", "slices.0.sources.0.layers", /no layer/],
  ["layers below 0", stack(layers("lm", -1, 1)), "VALUE_INVALID", "slices.0.sources.0.layers.0", /0/],
  ["half a layer", stack(layers("lm", 0, 1.5)), "VALUE_INVALID", "slices.0.sources.0.layers.1", /layers/],
  ["no slices", "method: passthrough\nslices: []\n", "VALUE_INVALID", "slices", /at least one/],
  ["no sources", "method: passthrough\nslices: [{sources: []}]\n", "VALUE_INVALID", "slices.0.sources", /at least one/],
  [
    "sources of different length",
    `method: slerp\nslices: [{sources: [${layers("lm", 0, 2)}, ${layers("lm-twin", 0, 1)}]}]\n`,
    "LAYERS_UNEVEN",
    "slices.0.sources",
    /equally long/,
  ],
  ["slices of a model without layers", stack(layers("a", 0, 1)), "SLICES_UNSUPPORTED", "slices", /no numbered layers/],
  // Text
  [
    "an alias bomb",
    `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghij"
      .split("")
      .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghi"[i]}`).join()}]`)
      .join("\n")}\n`,
    "RECIPE_SYNTAX",
    "",
    /alias/i,
  ],
  ["a tag", linear("{model: !!python/object:os.system a}"), "RECIPE_SYNTAX", "", /tag/i],
  ["a key twice", linear("{model: a}", "method: slerp\n"), "RECIPE_SYNTAX", "", /line|unique/i],
  ["yes for true", linear("{model: a}", "parameters: {normalize: yes}\n"), "VALUE_INVALID", "parameters.normalize", /normalize/],
  [
    "a scalar of a megabyte",
    linear("{model: a}", `chatTemplate: ${"x".repeat(1_000_000)}\n`),
    "RECIPE_TOO_LARGE",
    "",
    /1000000 bytes/,
  ],
  ["deep nesting", `method: ${"[".repeat(20_000)}`, "RECIPE_SYNTAX", "", /YAML/],
  ["broken YAML", "method: [linear\n", "RECIPE_SYNTAX", "", /line 2/],
  ["nothing", "", "VALUE_INVALID", "", /object/],
  ["a list", "- a\n", "VALUE_INVALID", "", /object/],
  // Tensors
  ["fp8", linear("{model: fp8}, {model: fp8-too}"), "DTYPE_UNSUPPORTED", "parents.0", /w of fp8 is F8_E4M3/],
  ["64-bit floats", linear("{model: f64}, {model: f64-too}"), "DTYPE_UNSUPPORTED", "parents.0", /w of f64 is F64/],
  ["a dtype there is not", linear("{model: a}", "dtype: F8\n"), "VALUE_INVALID", "dtype", /F32/],
  ["a mix of types", linear("{model: f16}, {model: bf16}"), "DTYPE_MISMATCH", "parents.1", /BF16 in bf16 but F16 in f16.*dtype/],
  [
    "another vocabulary",
    linear("{model: lm}, {model: vocabulary}"),
    "SHAPE_MISMATCH",
    "parents.1",
    /embed_tokens.*\[8, 4\].*tokenizer/,
  ],
  [
    "a tensor only in the base",
    "method: ties\nbase: base\nparents: [{model: less}]\n",
    "TENSOR_MISSING",
    "parents.0",
    /encoder\.bias.*less/,
  ],
  ["a tensor only in a parent", linear("{model: a}, {model: more}"), "TENSOR_UNEXPECTED", "parents.1", /extra.*more/],
  [
    "a token rule of a model that is not in it",
    linear("{model: a}", "tokenizer: {source: elsewhere}\n"),
    "MODEL_UNKNOWN",
    "tokenizer.source",
    /elsewhere/,
  ],
];

/** Checks and merges: both refuse, for the same reasons, and neither makes anything. The check knows the places. */
async function nothingMade(recipe: string): Promise<ToldFault[]> {
  writeFileSync(at("recipe.yaml"), recipe);
  const before = readdirSync(folder, { recursive: true }).sort();
  const [checked, merged] = [
    await here(["check", at("recipe.yaml"), "--json"]),
    await here(["merge", at("recipe.yaml"), at("out"), "--json"]),
  ];
  expect(merged.code).toBe(1);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
  for (const outcome of checked.code === 0 ? [merged] : [checked, merged])
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(faultsIn(outcome).length);
  if (checked.code === 0) return faultsIn(merged);
  expect(faultsIn(merged).map(({ code }) => code)).toEqual(faultsIn(checked).map(({ code }) => code));
  return faultsIn(checked);
}

test.each(recipes)("%s is one fault with its place, and nothing is made", async (_what, recipe, code, where, words) => {
  const [fault, ...others] = await nothingMade(recipe);
  expect({ code: fault?.code, path: fault?.path.join("."), others }).toEqual({ code, path: where, others: [] });
  expect(fault?.message).toMatch(words);
  expect(fault?.message.length).toBeLessThan(1000);
});

test("faults of different places are told together, each once", async () => {
  const faults = await nothingMade(
    "method: ties\nparents: [{model: a, weight: x, desnity: 1}]\nseed: 3\nparameters: {lamda: 1}\n",
  );
  expect(faults.map(({ code, path: where }) => `${code} ${where.join(".")}`).sort()).toEqual([
    "BASE_MISSING base",
    "KEY_UNKNOWN parameters.lamda",
    "KEY_UNKNOWN parents.0.desnity",
    "VALUE_INVALID parents.0.weight",
  ]);
});

test("models of another hidden size: each tensor is named, and the first twenty of many", async () => {
  const few = await nothingMade(linear("{model: lm}, {model: wide}"));
  expect(few.map(({ code }) => code)).toEqual(["SHAPE_MISMATCH", "SHAPE_MISMATCH", "SHAPE_MISMATCH"]);
  expect(few[0]?.message).toMatch(/\[6, 8\] in wide but \[6, 4\] in lm/);
  const many = (columns: number): Tensors =>
    Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`layer.${i}.weight`, ones([2, columns])]));
  await tinyCheckpoint(at("many"), many(2));
  await tinyCheckpoint(at("many-wide"), many(3));
  const faults = await nothingMade(linear("{model: many}, {model: many-wide}"));
  expect(faults).toHaveLength(21);
  expect(faults.at(-1)?.message).toMatch(/40 more tensors of many-wide/);
});

test("models with an output head of their own and with a tied one can be merged, which a note tells", async () => {
  await tinyCheckpoint(at("untied"), language(6, 4, { "lm_head.weight": ones([6, 4]) }));
  writeFileSync(at("recipe.yaml"), linear("{model: untied}, {model: lm}"));
  const { code, stdout } = await here(["check", at("recipe.yaml"), "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ tensorCount: 4, notes: [expect.stringMatching(/lm ties lm_head\.weight/)] });
});

test("a mix of types is merged when the recipe says into which", async () => {
  writeFileSync(at("recipe.yaml"), linear("{model: f16}, {model: bf16}", "dtype: BF16\n"));
  expect(await here(["merge", at("recipe.yaml"), at("mixed")])).toMatchObject({ code: 0 });
});

test("numbers are those of YAML 1.2: 010 is ten, 0o10 is eight", async () => {
  writeFileSync(at("recipe.yaml"), linear("{model: a, weight: 010}, {model: b, weight: 0o10}"));
  const { stdout } = await here(["check", at("recipe.yaml"), "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ recipe: { parents: [{ weight: 10 }, { weight: 8 }] } });
});

const degenerate: readonly (readonly [what: string, recipe: string])[] = [
  ["parents that are the base", "method: ties\nbase: base\nparents: [{model: same}, {model: too}]\n"],
  ["identical parents", "method: dare_ties\nbase: base\nparents: [{model: a}, {model: a-too}]\n"],
  ["opposite parents for slerp", "method: slerp\nparents: [{model: a}, {model: opposite}]\n"],
  ["parents with nothing in them", "method: slerp\nparents: [{model: zero}, {model: zero-too}]\n"],
  ["a density of 0", "method: ties\nbase: base\nparents: [{model: a, density: 0}]\n"],
];

test.each(degenerate)("%s give a finite result", async (_what, recipe) => {
  for (const [name, value] of [
    ["same", 1],
    ["too", 1],
    ["a-too", 2],
    ["opposite", -2],
    ["zero", 0],
    ["zero-too", 0],
  ] as const)
    await tinyCheckpoint(at(name), weights(value));
  writeFileSync(at("recipe.yaml"), recipe);
  try {
    expect(await here(["merge", at("recipe.yaml"), at("finite")])).toMatchObject({ code: 0 });
    const { stdout } = await here(["inspect", at("finite"), "--digest", "--json"]);
    const { tensors } = JSON.parse(stdout) as { tensors: { finite: boolean }[] };
    expect(tensors.map(({ finite }) => finite)).toEqual([true, true]);
  } finally {
    rmSync(at("finite"), { recursive: true, force: true });
  }
});

test("a value that F16 cannot hold stops the merge with its tensor, and nothing is made", async () => {
  const large = Buffer.alloc(8);
  for (let i = 0; i < 4; i += 1) large.writeUInt16LE(0x7b00, 2 * i); // 57344
  const zeros = raw("w", "F16", 8);
  await tinyCheckpoint(at("f16-zero"), {});
  await tinyCheckpoint(at("f16-large"), {});
  writeFileSync(at("f16-zero/model.safetensors"), zeros);
  writeFileSync(at("f16-large/model.safetensors"), Buffer.concat([zeros.subarray(0, -8), large]));
  const faults = await nothingMade(
    "method: task_arithmetic\nbase: f16-zero\nparents: [{model: f16-large}]\nparameters: {lambda: 2}\n",
  );
  expect(faults).toHaveLength(1);
  expect(faults[0]?.message).toMatch(/\bw\b.*F16|F16.*\bw\b/);
});

test("NaN in one of many parents names the tensor and the parent", async () => {
  const faults = await nothingMade(linear("{model: a}, {model: nan}, {model: b}"));
  expect(faults).toHaveLength(1);
  expect(faults[0]?.message).toMatch(/encoder\.bias/);
  expect(faults[0]?.message).toMatch(/\bnan\b/);
});

test("a parent is never the output", async () => {
  writeFileSync(at("recipe.yaml"), linear("{model: a}, {model: b}"));
  const before = readdirSync(at("a"));
  const outcome = await here(["merge", at("recipe.yaml"), at("a"), "--json"]);
  expect(outcome.code).toBe(1);
  expect(faultsIn(outcome)).toMatchObject([{ code: "OUTPUT_IN_MODEL" }]);
  expect(readdirSync(at("a"))).toEqual(before);
});
