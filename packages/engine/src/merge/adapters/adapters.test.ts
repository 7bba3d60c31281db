import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFromF32, type TensorData, writeSafetensors } from "../../formats/index.ts";
import { RefusedError } from "../fault.ts";
import {
  adapterDelta,
  type Factors,
  moduleSettings,
  openAdapter,
  parseAdapterConfig,
  readFactors,
  writeAdapter,
} from "./index.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-adapters-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const tensor = (name: string, shape: readonly number[], value: (i: number) => number = (i) => i + 1): TensorData => {
  const length = shape.reduce((product, size) => product * size, 1);
  const data = encodeFromF32(
    "F32",
    Float32Array.from({ length }, (_, i) => value(i)),
  );
  return { name: `base_model.model.${name}`, dtype: "F32", shape, data };
};
const pairOf = (name: string, rank: number, [rows, columns]: readonly [number, number] = [4, 5]) => [
  tensor(`${name}.lora_A.weight`, [rank, columns]),
  tensor(`${name}.lora_B.weight`, [rows, rank]),
];
const configOf = (fields: Readonly<Record<string, unknown>> = {}) => ({
  peft_type: "LORA",
  r: 2,
  lora_alpha: 4,
  bias: "none",
  ...fields,
});

let count = 0;
async function folderWith(tensors: readonly TensorData[], config: unknown = configOf()): Promise<string> {
  count += 1;
  const folder = join(root, `adapter-${count}`);
  await mkdir(folder);
  const parts: Uint8Array[] = [];
  await writeSafetensors({ write: (bytes) => void parts.push(bytes) }, tensors);
  await writeFile(join(folder, "adapter_model.safetensors"), parts);
  await writeFile(join(folder, "adapter_config.json"), JSON.stringify(config));
  return folder;
}

/** Code and message of the one fault. */
function faultOf(error: unknown): string {
  if (!(error instanceof RefusedError)) throw error;
  return error.faults.map(({ code, message }) => `${code} ${message}`).join();
}
const refusal = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => "nothing was refused",
    (error: unknown) => faultOf(error),
  );
const configRefusal = (fields: Readonly<Record<string, unknown>>): string => {
  try {
    parseAdapterConfig(JSON.stringify(configOf(fields)), "adapter");
    return "nothing was refused";
  } catch (error) {
    return faultOf(error);
  }
};

describe("adapter_config.json", () => {
  test("gives rank and scale of each module, by pattern and rank-stabilised", () => {
    const plain = parseAdapterConfig(
      JSON.stringify(
        configOf({
          rank_pattern: { q_proj: 8, "layers.2.q_proj": 16, "^model.v_proj": 4 },
          alpha_pattern: { "layers\\.1\\.q_proj": 32 },
          target_modules: ["q_proj"],
        }),
      ),
      "adapter",
    );
    expect(moduleSettings(plain, "model.k_proj")).toEqual({ rank: 2, scale: 2 });
    expect(moduleSettings(plain, "layers.0.q_proj")).toEqual({ rank: 8, scale: 0.5 });
    expect(moduleSettings(plain, "model.layers.1.q_proj")).toEqual({ rank: 8, scale: 4 });
    // The first entry that fits holds.
    expect(moduleSettings(plain, "layers.2.q_proj")).toEqual({ rank: 8, scale: 0.5 });
    expect(moduleSettings(plain, "my_q_proj")).toEqual({ rank: 2, scale: 2 });
    expect(moduleSettings(plain, "model.v_proj")).toEqual({ rank: 4, scale: 1 });
    expect(moduleSettings(plain, "other.model.v_proj")).toEqual({ rank: 2, scale: 2 });
    const stabilised = parseAdapterConfig(JSON.stringify(configOf({ r: 16, use_rslora: true })), "adapter");
    expect(moduleSettings(stabilised, "q")).toEqual({ rank: 16, scale: 1 });
  });

  test("unknown fields and empty settings of newer versions are accepted", () => {
    expect(
      configRefusal({
        corda_config: {},
        megatron_config: null,
        loftq_config: {},
        use_dora: false,
        init_lora_weights: true,
        peft_version: "0.17",
      }),
    ).toBe("nothing was refused");
  });

  test.each([
    [
      "another adapter type",
      { peft_type: "IA3" },
      'ADAPTER_UNSUPPORTED adapter: adapter_config.json asks for what is not supported: the adapter type "IA3"',
    ],
    ["DoRA", { use_dora: true }, "not supported: DoRA (use_dora true)"],
    ["biases", { bias: "all" }, "not supported: trained biases"],
    ["biases on B", { lora_bias: true }, "biases on B"],
    ["PiSSA", { init_lora_weights: "pissa_niter_16" }, "an initialisation that changes the base"],
    ["a variant of the future", { use_newlora: true }, "not supported: use_newlora true"],
    ["settings of an unknown variant", { kasa_config: { beta: 1 } }, 'kasa_config {"beta":1}'],
    ["replicated layers", { layer_replication: [[0, 4]] }, "replicated layers"],
    ["bare parameters", { target_parameters: ["w"] }, "LoRA on bare parameters"],
    ["an expression as a pattern", { rank_pattern: { "(a+)+$": 4 } }, 'the key "(a+)+$" of rank_pattern'],
    ["rank 0", { r: 0 }, "ADAPTER_CONFIG_INVALID adapter: r of adapter_config.json is 0, not a whole number from 1 to 65536"],
    ["a negative rank", { r: -4 }, "is -4"],
    ["a broken rank", { r: 2.5 }, "is 2.5"],
    ["a huge rank", { r: 1e12 }, "is 1000000000000"],
    ["a rank as text", { r: "8" }, 'is "8"'],
    ["a negative alpha", { lora_alpha: -1 }, "lora_alpha of adapter_config.json is -1"],
    ["a huge alpha", { lora_alpha: 1e300 }, "is 1e+300"],
    ["a broken rank in a pattern", { rank_pattern: { q: -1 } }, 'rank_pattern."q"'],
    ["a pattern that is a list", { alpha_pattern: [1] }, "not an object"],
    ["a flag as text", { use_rslora: "yes" }, "not true or false"],
    ["names that are numbers", { modules_to_save: [1] }, "not a list of names"],
  ])("%s is refused by name", (_, fields, message) => {
    expect(configRefusal(fields)).toContain(message);
  });

  test.each(["", "null", "[]", '{"peft_type": "LORA", "r": NaN}'])("%j is no config", (text) => {
    expect(() => parseAdapterConfig(text, "adapter")).toThrow("is not a JSON object");
  });
});

describe("opening an adapter", () => {
  test("maps factors to tensors of the base", async () => {
    const folder = await folderWith(
      [...pairOf("model.q", 2), tensor("model.k.lora_A.default.weight", [8, 3]), tensor("model.k.lora_B.default.weight", [6, 8])],
      configOf({ rank_pattern: { k: 8 } }),
    );
    const { modules, saved, label } = await openAdapter(folder);
    expect(label).toBe(folder);
    expect([...modules.keys()].sort()).toEqual(["model.k.weight", "model.q.weight"]);
    expect(modules.get("model.q.weight")).toMatchObject({ rank: 2, scale: 2, layout: "linear", shape: [4, 5] });
    expect(modules.get("model.k.weight")).toMatchObject({ rank: 8, scale: 0.5, shape: [6, 3] });
    expect(saved.size).toBe(0);
  });

  test("reads factors, and turns those of embeddings and fan_in_fan_out to the base's orientation", async () => {
    const folder = await folderWith(
      [...pairOf("c_attn", 2), tensor("wte.lora_embedding_A", [2, 7]), tensor("wte.lora_embedding_B", [3, 2])],
      configOf({ fan_in_fan_out: true }),
    );
    const { modules } = await openAdapter(folder);
    const shapes = { "c_attn.weight": [5, 4], "wte.weight": [7, 3] } as const;
    for (const [name, [rows, columns]] of Object.entries(shapes)) {
      const module = modules.get(name);
      if (module === undefined) throw new Error(`${name} is missing`);
      const factors = await readFactors(module, "adapter");
      expect(factors).toMatchObject({ rows, columns, rank: 2, scale: 2 });
      const delta = adapterDelta(factors);
      // A is 1, 2, … row by row, and so is B: element (i, j) is 2 · Σ_k A[k, i] · B[j, k].
      for (let i = 0; i < rows; i += 1) {
        for (let j = 0; j < columns; j += 1)
          expect(delta[i * columns + j]).toBe(2 * ((i + 1) * (2 * j + 1) + (rows + i + 1) * (2 * j + 2)));
      }
    }
  });

  test("keeps whole tensors of modules_to_save apart", async () => {
    const folder = await folderWith(
      [...pairOf("q", 2), tensor("classifier.dense.weight", [2, 2])],
      configOf({ modules_to_save: ["classifier"] }),
    );
    expect([...(await openAdapter(folder)).saved.keys()]).toEqual(["classifier.dense.weight"]);
  });

  test.each([
    ["a factor without its partner", pairOf("q", 2).slice(0, 1), {}, "ADAPTER_FACTOR_MISSING adapter: module q has no factor B."],
    [
      "ranks that differ",
      [tensor("q.lora_A.weight", [2, 5]), tensor("q.lora_B.weight", [4, 3])],
      {},
      "A is [2, 5] and B is [4, 3]",
    ],
    ["a rank that the config does not give", pairOf("q", 3), {}, "adapter_config.json gives it rank 2"],
    ["rank 0", pairOf("q", 0), {}, "gives it rank 2"],
    [
      "a factor that is a vector",
      [tensor("q.lora_A.weight", [2]), tensor("q.lora_B.weight", [4, 2])],
      {},
      "A is [2] and B is [4, 2]",
    ],
    ["a convolution", [tensor("c.lora_A.weight", [2, 5, 3, 3]), tensor("c.lora_B.weight", [4, 2, 1, 1])], {}, "is a convolution"],
    ["DoRA's magnitudes", [...pairOf("q", 2), tensor("q.lora_magnitude_vector", [4])], {}, "q.lora_magnitude_vector is neither"],
    ["a tensor of no module", [...pairOf("q", 2), tensor("head.weight", [4])], {}, "ADAPTER_UNKNOWN_TENSOR"],
    ["two factors of one name", [...pairOf("q", 2), tensor("q.lora_A.default.weight", [2, 5])], {}, "more than one factor A"],
    ["a module that is both", [...pairOf("q", 2), tensor("q.lora_embedding_A", [2, 5])], {}, "ADAPTER_AMBIGUOUS"],
    ["no factors at all", [tensor("head.weight", [4])], { modules_to_save: ["head"] }, "ADAPTER_EMPTY"],
  ])("%s is refused", async (_, tensors, fields, message) => {
    const folder = await folderWith(tensors, configOf(fields));
    expect(await refusal(openAdapter(folder, "adapter"))).toContain(message);
  });

  test("missing files, a pickle and a broken header are refused by name", async () => {
    const folder = await folderWith(pairOf("q", 2));
    await writeFile(join(folder, "adapter_model.safetensors"), "PK\u0003\u0004 and more than eight bytes");
    expect(await refusal(openAdapter(folder, "adapter"))).toContain(
      "NOT_SAFETENSORS adapter: adapter_model.safetensors: This is a ZIP",
    );
    await rm(join(folder, "adapter_model.safetensors"));
    expect(await refusal(openAdapter(folder, "adapter"))).toContain("holds no adapter_model.safetensors");
    await writeFile(join(folder, "adapter_model.bin"), "");
    expect(await refusal(openAdapter(folder, "adapter"))).toContain("PICKLE_REFUSED adapter: adapter_model.bin is a pickle");
    await rm(join(folder, "adapter_config.json"));
    expect(await refusal(openAdapter(folder, "adapter"))).toContain("holds no adapter_config.json");
  });

  test("a NaN is refused when it is read", async () => {
    const folder = await folderWith([
      tensor("q.lora_A.weight", [2, 5]),
      tensor("q.lora_B.weight", [4, 2], (i) => (i === 3 ? Number.NaN : 1)),
    ]);
    const module = (await openAdapter(folder)).modules.get("q.weight");
    if (module === undefined) throw new Error("q is missing");
    expect(await refusal(readFactors(module, "adapter"))).toContain(
      "NON_FINITE adapter: tensor base_model.model.q.lora_B.weight holds",
    );
  });
});

describe("writing an adapter", () => {
  const factorsOf = (rank: number, rows: number, columns: number, scale = 1): Factors => ({
    a: Float32Array.from({ length: rank * columns }, (_, i) => i - 3),
    b: Float32Array.from({ length: rows * rank }, (_, i) => i / 4),
    rank,
    rows,
    columns,
    scale,
  });

  test("what is read back is what was written, in every layout, rank and scale", async () => {
    const modules = new Map([
      ["x.layer.q.weight", factorsOf(2, 4, 5)],
      ["layer.q.weight", factorsOf(3, 4, 5, 2)],
      ["a.k.weight", factorsOf(2, 3, 6)],
      ["b.k.weight", factorsOf(2, 3, 6, 0.5)],
      ["wte.weight", factorsOf(2, 9, 4)],
      ["nothing.weight", factorsOf(0, 4, 4)],
    ]);
    for (const fanInFanOut of [false, true]) {
      const folder = join(root, `written-${fanInFanOut}`);
      const layoutOf = (name: string) => (name === "wte.weight" ? "embedding" : fanInFanOut ? "conv1d" : "linear");
      await writeAdapter(folder, { modules, baseModel: "org/base", layoutOf });
      const adapter = await openAdapter(folder);
      expect(adapter.config).toMatchObject({ baseModel: "org/base", rank: 2, fanInFanOut });
      expect([...adapter.modules.keys()].sort()).toEqual([
        "a.k.weight",
        "b.k.weight",
        "layer.q.weight",
        "wte.weight",
        "x.layer.q.weight",
      ]);
      for (const [name, module] of adapter.modules) {
        expect(module.layout).toBe(layoutOf(name));
        expect(await readFactors(module, "adapter")).toEqual(modules.get(name));
      }
    }
  });

  test("the files are those of PEFT, and the same in whatever order modules come", async () => {
    const modules = [
      ["b.q.weight", factorsOf(2, 4, 5)],
      ["a.q.weight", factorsOf(2, 4, 5)],
    ] as const;
    const folders = [join(root, "one"), join(root, "other")] as const;
    await writeAdapter(folders[0], { modules: new Map(modules), baseModel: null, dtype: "BF16" });
    await writeAdapter(folders[1], { modules: new Map([...modules].reverse()), baseModel: null, dtype: "BF16" });
    for (const name of ["adapter_config.json", "adapter_model.safetensors"])
      expect(await readFile(join(folders[0], name))).toEqual(await readFile(join(folders[1], name)));
    expect((await readdir(folders[0])).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
    const config = JSON.parse(await readFile(join(folders[0], "adapter_config.json"), "utf8"));
    expect(config).toMatchObject({ peft_type: "LORA", r: 2, lora_alpha: 2, target_modules: ["a.q", "b.q"], rank_pattern: {} });
    const text = await readFile(join(folders[0], "adapter_model.safetensors"), "latin1");
    for (const name of ["a.q.lora_A", "a.q.lora_B", "b.q.lora_A", "b.q.lora_B"])
      expect(text).toContain(`"base_model.model.${name}.weight":{"dtype":"BF16"`);
  });

  test("an empty adapter, an existing folder, a name without .weight and a negative scale are refused", async () => {
    const write = (name: string, factors: Factors) =>
      refusal(writeAdapter(join(root, "refused"), { modules: new Map([[name, factors]]), baseModel: null }));
    expect(await write("q.weight", factorsOf(0, 4, 5))).toContain("ADAPTER_EMPTY");
    expect(await write("q.bias", factorsOf(2, 4, 5))).toContain("Tensor q.bias cannot carry an adapter");
    expect(await write("q.weight", factorsOf(2, 4, 5, -1))).toContain("Module q has scale -1");
    await mkdir(join(root, "refused"));
    expect(await write("q.weight", factorsOf(2, 4, 5))).toContain("OUTPUT_EXISTS");
  });
});
