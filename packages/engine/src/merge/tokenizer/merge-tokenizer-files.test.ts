import { fileURLToPath } from "node:url";
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alignEmbeddings } from "./align-embeddings.ts";
import { mergeTokenizerFiles } from "./merge-tokenizer-files.ts";
import { readTokenizerFiles } from "./read-tokenizer-files.ts";
import { vocabularyOf } from "./read-vocabulary.ts";
import { bpeSample, fileOf, modelOf, type TokenizerSample, unigramSample, wordPieceSample } from "./test/tokenizer-samples.ts";
import type { TokenizerFile } from "./tokenizer-file.ts";
import { tokenizerPolicy } from "./tokenizer-policy.ts";

interface Merged {
  readonly files: readonly TokenizerFile[];
  readonly notes: readonly string[];
  readonly size: number;
}

/** Merges models given by their files; the first is the base. */
function merge(models: readonly (readonly TokenizerFile[])[], policy: unknown = {}, chatTemplate: string | null = null): Merged {
  const vocabularies = models.map((files, i) => vocabularyOf(files, `m${i}`));
  const { vocabulary: output } = alignEmbeddings(
    vocabularies.map((one) => modelOf(one)),
    0,
    tokenizerPolicy.parse(policy),
  );
  const merged = mergeTokenizerFiles({ vocabularies, output, files: models[output.owner] ?? [], chatTemplate });
  return { ...merged, size: output.tokens.length };
}

const sampleFile = (sample: TokenizerSample) => [fileOf("tokenizer.json", sample)];
const textOf = ({ files }: Merged, path: string): string => {
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw new Error(`There is no ${path}.`);
  return new TextDecoder().decode(file.data);
};
const namesOf = ({ files }: Merged) => files.map(({ path }) => path);
const fieldsOf = (merged: Merged, path: string): Record<string, unknown> => JSON.parse(textOf(merged, path));
/** As the runtime loads it. */
const load = (merged: Merged) => new Tokenizer(fieldsOf(merged, "tokenizer.json") as object, {});
const tokensOf = (sample: TokenizerSample, text: string) => new Tokenizer(sample as object, {}).encode(text).tokens;

const byName = (files: readonly TokenizerFile[]) => new Map(files.map(({ path, data }) => [path, data]));

function expectDense(merged: Merged) {
  const vocabulary = vocabularyOf(merged.files, "merged");
  expect([...vocabulary.tokens.values()].sort((a, b) => a - b)).toEqual(Array.from({ length: merged.size }, (_, i) => i));
}

const words = (letters: string) =>
  fc.array(fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
const textOver = (letters: string) =>
  fc
    .array(fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 8 }), { maxLength: 5 })
    .map((list) => list.join(" "));

describe("a merged tokenizer cuts the text of one model as that model did", () => {
  test("BPE", () => {
    fc.assert(
      fc.property(words("abc"), words("xyz"), textOver("abc"), textOver("xyz"), (ours, theirs, ourText, theirText) => {
        const [a, b] = [bpeSample([...ours, "abc"], ["<s>", "<a>"]), bpeSample([...theirs, "xyz"], ["<b>", "<s>"])];
        const merged = merge([sampleFile(a), sampleFile(b)]);
        const tokenizer = load(merged);
        expect(tokenizer.encode(`<a>${ourText}<s>`).tokens).toEqual(tokensOf(a, `<a>${ourText}<s>`));
        expect(tokenizer.encode(`<b>${theirText}<s>`).tokens).toEqual(tokensOf(b, `<b>${theirText}<s>`));
        expectDense(merged);
      }),
      { numRuns: 60 },
    );
  });

  test("WordPiece", () => {
    const pieces = (letters: string) => [...letters].flatMap((letter) => [letter, `##${letter}`]);
    fc.assert(
      fc.property(words("abc"), words("xyz"), textOver("abc"), textOver("xyz"), (ours, theirs, ourText, theirText) => {
        const a = wordPieceSample([...pieces("abc"), ...ours], ["[UNK]", "[A]"]);
        const b = wordPieceSample([...pieces("xyz"), ...theirs], ["[B]", "[UNK]"]);
        const merged = merge([sampleFile(a), sampleFile(b)]);
        const tokenizer = load(merged);
        expect(tokenizer.encode(`[A]${ourText}`).tokens).toEqual(tokensOf(a, `[A]${ourText}`));
        expect(tokenizer.encode(`[B]${theirText}`).tokens).toEqual(tokensOf(b, `[B]${theirText}`));
        expectDense(merged);
      }),
      { numRuns: 60 },
    );
  });

  test("Unigram", () => {
    fc.assert(
      fc.property(words("abc"), words("xyz"), textOver("abc"), textOver("xyz"), (ours, theirs, ourText, theirText) => {
        const a = unigramSample([..."abc", ...ours], ["<extra_a>"]);
        const b = unigramSample([..."xyz", ...theirs], ["<extra_b>"]);
        const merged = merge([sampleFile(a), sampleFile(b)]);
        const tokenizer = load(merged);
        expect(tokenizer.encode(`<extra_a>${ourText}`).tokens).toEqual(tokensOf(a, `<extra_a>${ourText}`));
        expect(tokenizer.encode(`<extra_b>${theirText}`).tokens).toEqual(tokensOf(b, `<extra_b>${theirText}`));
        expectDense(merged);
      }),
      { numRuns: 60 },
    );
  });
});

test("the BERT of the examples cuts and numbers text as before when a model adds tokens", async () => {
  const folder = fileURLToPath(new URL("../../../../../examples/six-tasks/fixtures/base/", import.meta.url));
  const files = await readTokenizerFiles(folder, "base");
  const merged = merge([files, sampleFile(wordPieceSample(["zzyzx"], ["[UNK]", "[NEW]"]))]);
  const before = new Tokenizer(fieldsOf({ ...merged, files }, "tokenizer.json") as object, {});
  const text = "The spirit of the age, said Dorothea; was it not [MASK]?";
  expect(load(merged).encode(text)).toEqual(before.encode(text));
  expect(load(merged).encode("[NEW] zzyzx").tokens).toEqual(["[CLS]", "[NEW]", "zzyzx", "[SEP]"]);
  expect(namesOf(merged)).toEqual(["tokenizer.json", "tokenizer_config.json", "vocab.txt"]);
  expectDense(merged);
});

test("the ids of a merged tokenizer are the rows of the aligned embeddings", () => {
  const vocabularies = [bpeSample(["abc"], ["<s>"]), bpeSample(["xyz"], ["<b>"])].map((sample, i) =>
    vocabularyOf(sampleFile(sample), `m${i}`),
  );
  const { vocabulary: output } = alignEmbeddings(
    vocabularies.map((one) => modelOf(one)),
    0,
    tokenizerPolicy.parse({}),
  );
  const { files } = mergeTokenizerFiles({ vocabularies, output, files: [], chatTemplate: null });
  const tokenizer = load({ files, notes: [], size: 0 });
  output.tokens.forEach((token, id) => {
    expect(tokenizer.token_to_id(token ?? "")).toBe(id);
  });
});

describe("special tokens", () => {
  const a = bpeSample(["abc", "<|im_start|>"], ["<s>"]);
  const b = bpeSample(["xyz"], ["<s>", "<|im_start|>"]);

  test("of both models are single tokens, even one that is plain in the base", () => {
    const tokenizer = load(merge([sampleFile(a), sampleFile(b)]));
    expect(tokenizer.encode("<s>abc<|im_start|>xyz").tokens).toEqual(["<s>", "abc", "<|im_start|>", "xyz"]);
  });

  test("are in the added_tokens_decoder under their new ids", () => {
    const config = fileOf("tokenizer_config.json", {
      tokenizer_class: "X",
      auto_map: { AutoTokenizer: "x--y.Z" },
      added_tokens_decoder: { 0: {} },
    });
    const merged = merge([[...sampleFile(a), config], sampleFile(b)]);
    const { added_tokens_decoder: decoder, ...rest } = fieldsOf(merged, "tokenizer_config.json");
    const id = load(merged).token_to_id("<|im_start|>");
    expect(rest).toEqual({ tokenizer_class: "X" });
    expect(decoder).toMatchObject({
      0: { content: "<s>", special: true },
      [String(id)]: { content: "<|im_start|>", special: true },
    });
  });

  test("that only the policy names are added as single tokens", () => {
    const merged = merge([sampleFile(a)], { source: "base", tokens: { "<|new|>": {} } });
    expect(load(merged).encode("abc<|new|>abc").tokens).toEqual(["abc", "<|new|>", "abc"]);
    expect(load(merged).token_to_id("<|new|>")).toBe(merged.size - 1);
  });
});

describe("when nothing is added, files are the same bytes", () => {
  const a = [
    ...[fileOf("tokenizer.json", JSON.stringify(bpeSample(["abc", "abd"], ["<s>"]), null, 4))],
    fileOf("tokenizer_config.json", '{"x":  1}'),
    fileOf("tokenizer.model", "binary"),
  ];
  const part = sampleFile(bpeSample(["abc"], ["<s>"]));

  test.each([
    ["union with the same", [a, a], {}],
    ["union with a part", [a, part], {}],
    ["base", [a, sampleFile(bpeSample(["xyz"]))], { source: "base" }],
    ["padding alone", [a], { padToMultipleOf: 64 }],
  ])("%s", (_, models, policy) => {
    expect(byName(merge(models, policy).files)).toEqual(byName(a));
  });

  test("one model's tokenizer", () => {
    expect(byName(merge([part, a], { source: "m1" }).files)).toEqual(byName(a));
  });
});

describe("the other files", () => {
  const config = fileOf("tokenizer_config.json", { tokenizer_class: "GPT2Tokenizer" });
  const legacy = (letters: string) => {
    const { model } = bpeSample([letters]);
    return [fileOf("vocab.json", model["vocab"]), fileOf("merges.txt", (model["merges"] as string[]).join("\n")), config];
  };

  test("vocab.json and merges.txt are brought in line, and tokenizer.json is added", () => {
    const merged = merge([legacy("abc"), legacy("xyz")]);
    expect(namesOf(merged)).toEqual(["merges.txt", "tokenizer.json", "tokenizer_config.json", "vocab.json"]);
    expect(textOf(merged, "merges.txt")).toBe("#version: 0.2\na b\nab c\nx y\nxy z\n");
    expect(Object.keys(fieldsOf(merged, "vocab.json"))).toHaveLength(merged.size);
    expect(load(merged).encode("abc").tokens).toEqual(["abc"]);
  });

  test("vocab.txt is brought in line", () => {
    const merged = merge([[fileOf("vocab.txt", "[UNK]\na\n")], [fileOf("vocab.txt", "b\na\n")]]);
    expect(textOf(merged, "vocab.txt")).toBe("[UNK]\na\nb\n");
  });

  test("sentencepiece is left out, with a note", () => {
    const merged = merge([[...sampleFile(bpeSample(["ab"])), fileOf("tokenizer.model", "x")], sampleFile(bpeSample(["xy"]))]);
    expect(namesOf(merged)).toEqual(["tokenizer.json"]);
    expect(merged.notes).toEqual([expect.stringContaining("tokenizer.model of m0 is left out")]);
  });

  test("the chat template goes where the owner keeps its own, else into a file", () => {
    const inConfig = [...sampleFile(bpeSample(["ab"])), fileOf("tokenizer_config.json", { chat_template: "{{ old }}" })];
    expect(fieldsOf(merge([inConfig], {}, "{{ new }}"), "tokenizer_config.json")).toEqual({ chat_template: "{{ new }}" });
    const inFile = [...inConfig, fileOf("chat_template.jinja", "{{ old }}")];
    expect(textOf(merge([inFile], {}, "{{ new }}"), "chat_template.jinja")).toBe("{{ new }}");
    expect(textOf(merge([sampleFile(bpeSample(["ab"]))], {}, "{{ new }}"), "chat_template.jinja")).toBe("{{ new }}");
    expect(merge([inConfig], {}, "{{ old }}").files).toEqual(inConfig);
  });
});

describe("details of tokenizer.json", () => {
  test("merges whose parts or results are no tokens are skipped and counted", () => {
    const b = bpeSample(["xyz"]);
    b.model["merges"] = [...(b.model["merges"] as string[]), "x q", "z z"];
    const merged = merge([sampleFile(bpeSample(["abc"])), sampleFile(b)]);
    expect(fieldsOf(merged, "tokenizer.json")["model"]).toMatchObject({ merges: ["a b", "ab c", "x y", "xy z"] });
    expect(merged.notes).toEqual(["m1: 2 merges are left out: their parts or results are no tokens."]);
  });

  test("a merge twice in the base's file adds nothing", () => {
    const a = bpeSample(["abc"]);
    a.model["merges"] = ["a b", "a b", "ab c"];
    const files = sampleFile(a);
    expect(merge([files, sampleFile(bpeSample(["abc"]))]).files).toEqual(files);
  });

  test("pieces keep their scores, and tokens without one get the least", () => {
    const merged = merge([sampleFile(unigramSample(["a", "b"], ["<s>"])), sampleFile(unigramSample(["c"]))]);
    const { vocab } = fieldsOf(merged, "tokenizer.json")["model"] as Record<string, unknown>;
    expect(vocab).toEqual([
      ["<unk>", 0],
      ["a", -1.125],
      ["b", -1.25],
      ["<s>", -1.25],
      ["c", -1.125],
    ]);
  });

  test("ids in post-processors and padding move with their tokens", () => {
    const a = wordPieceSample(["a"], ["[UNK]"]);
    // A gap at 1, which a union that adds tokens closes.
    a.model["vocab"] = { "[UNK]": 0, "[CLS]": 2, "[PAD]": 3, a: 4 };
    a["padding"] = { pad_id: 3, pad_token: "[PAD]" };
    const template = { type: "TemplateProcessing", special_tokens: { "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] } } };
    a.post_processor = {
      type: "Sequence",
      processors: [template, { type: "BertProcessing", sep: ["[PAD]", 3], cls: ["[CLS]", 2] }],
    };
    const document = fieldsOf(merge([sampleFile(a), sampleFile(wordPieceSample(["b"]))]), "tokenizer.json");
    expect(document["padding"]).toEqual({ pad_id: 2, pad_token: "[PAD]" });
    expect(document["post_processor"]).toMatchObject({
      processors: [{ special_tokens: { "[CLS]": { ids: [1] } } }, { sep: ["[PAD]", 2], cls: ["[CLS]", 1] }],
    });
  });

  test("a tokenizer of another type is a warning, other rules a note", () => {
    const lower = { ...bpeSample(["xy"]), normalizer: { type: "Lowercase" } };
    const models = [bpeSample(["ab"]), lower, wordPieceSample(["c"])].map(sampleFile);
    expect(merge(models).notes).toEqual([
      "m1 has another normalizer than m0; the rules of m0 are kept.",
      expect.stringMatching(/^Warning: m2 has a WordPiece tokenizer and m0 BPE/),
    ]);
  });
});
