import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openCheckpoint, RefusedError } from "../src/merge/index.ts";
import { safetensorsBytes, type TensorSpec, tensorOf, writeFolder } from "./checkpoints.ts";
import { pickle, torchArchive } from "./hostile/hostile-files.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const specs: readonly TensorSpec[] = ["a", "b", "c", "d"].map((name) => ({ name, dtype: "F32", shape: [3, 2] }));
const tensors = specs.map((spec) => tensorOf(spec, 1));
const indexName = "model.safetensors.index.json";
const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "amalgam-checkpoint-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function sharded(): Promise<string> {
  made += 1;
  return writeFolder(join(root, `sharded-${made}`), tensors, { shards: 2, config: { architectures: ["X"] } });
}

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  made += 1;
  const folder = join(root, `folder-${made}`);
  await mkdir(folder);
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, name), data);
  return folder;
}

async function refusal(path: string): Promise<string> {
  const error: unknown = await openCheckpoint(path, "mine").catch((reason: unknown) => reason);
  if (!(error instanceof RefusedError)) throw new Error(`${path} was not refused`, { cause: error });
  expect(error.message).toMatch(/^mine: /);
  return `${error.faults[0]?.code} ${error.message}`;
}

async function withIndex(
  change: (index: { metadata?: { total_size?: unknown }; weight_map: Record<string, string> }) => void,
): Promise<string> {
  const folder = await sharded();
  const index = JSON.parse(await readFile(join(folder, indexName), "utf8"));
  change(index);
  await writeFile(join(folder, indexName), JSON.stringify(index));
  return folder;
}

describe("a checkpoint", () => {
  it("opens from one file, from shards, and from a single file elsewhere, with the same tensors", async () => {
    const whole = await openCheckpoint(await writeFolder(join(root, "whole"), tensors, { config: { architectures: ["X"] } }));
    const parts = await openCheckpoint(await sharded());
    const alone = await openCheckpoint(join(root, "whole", "model.safetensors"));
    for (const { header } of [whole, parts, alone])
      expect([...header.tensors].map(({ name }) => name).sort()).toEqual(["a", "b", "c", "d"]);
    expect(parts.files).toHaveLength(2);
    expect(whole.header).toMatchObject({ config: { architectures: ["X"] }, space: "weights" });
    expect(
      (await openCheckpoint(await folderOf({ "my-model.safetensors": await safetensorsBytes(tensors) }))).header.config,
    ).toBeNull();
  });

  it("says when it is a task vector", async () => {
    const folder = await folderOf({
      "model.safetensors": await safetensorsBytes(tensors, new Map([["amalgam.space", "delta"]])),
    });
    expect((await openCheckpoint(folder)).header.space).toBe("delta");
  });

  it("opens through the links of the Hugging Face cache", async () => {
    const cache = join(root, "models--org--name");
    await mkdir(join(cache, "blobs"), { recursive: true });
    const plain = await sharded();
    const snapshot = join(cache, "snapshots", "abc");
    await mkdir(snapshot, { recursive: true });
    for (const name of [first, second, indexName]) {
      await writeFile(join(cache, "blobs", name), await readFile(join(plain, name)));
      await symlink(join("..", "..", "blobs", name), join(snapshot, name));
    }
    expect((await openCheckpoint(snapshot)).tensors.size).toBe(4);
  });
});

describe("a folder that is no safe checkpoint is refused:", () => {
  it.each([
    ["no such folder", async () => join(root, "nowhere"), "CHECKPOINT_MISSING"],
    ["an empty folder", () => folderOf({}), "CHECKPOINT_MISSING"],
    [
      "only a .bin",
      () => folderOf({ "pytorch_model.bin": torchArchive }),
      "PICKLE_REFUSED mine: pytorch_model.bin is a pickle format",
    ],
    ["only a .pt", () => folderOf({ "model.pt": pickle }), "PICKLE_REFUSED mine: model.pt"],
    ["only a .pickle", () => folderOf({ "weights.pickle": pickle }), "PICKLE_REFUSED mine: weights.pickle"],
    [
      "a .bin by its path",
      async () => join(await folderOf({ "pytorch_model.bin": torchArchive }), "pytorch_model.bin"),
      "PICKLE_REFUSED",
    ],
    ["GGUF", () => folderOf({ "model.gguf": "GGUF" }), "FORMAT_UNSUPPORTED mine: model.gguf"],
    [
      "a pickle named .safetensors",
      () => folderOf({ "model.safetensors": pickle }),
      "NOT_SAFETENSORS mine: model.safetensors: This is a Python pickle",
    ],
    [
      "a ZIP named .safetensors",
      () => folderOf({ "model.safetensors": torchArchive }),
      "NOT_SAFETENSORS mine: model.safetensors: This is a ZIP",
    ],
    ["an adapter", () => folderOf({ "adapter_model.safetensors": "" }), "ADAPTER_UNSUPPORTED"],
    ["two files without an index", () => folderOf({ "a.safetensors": "", "b.safetensors": "" }), "CHECKPOINT_AMBIGUOUS"],
    [
      "a config that is no object",
      async () => folderOf({ "model.safetensors": await safetensorsBytes(tensors), "config.json": "[]" }),
      "CONFIG_INVALID",
    ],
    [
      "a config that is no JSON",
      async () => folderOf({ "model.safetensors": await safetensorsBytes(tensors), "config.json": "{" }),
      "CONFIG_INVALID",
    ],
  ])("%s", async (_, make, expected) => {
    expect(await refusal(await make())).toContain(expected);
  });
});

describe("an index that does not fit its shards is refused:", () => {
  it("a missing shard", async () => {
    const folder = await sharded();
    await rm(join(folder, second));
    expect(await refusal(folder)).toContain(`SHARD_MISSING mine: ${indexName} names ${second}`);
  });

  it("a tensor in two shards", async () => {
    const folder = await sharded();
    await writeFile(join(folder, second), await safetensorsBytes(tensors.filter(({ name }) => name !== "c")));
    expect(await refusal(folder)).toContain("SHARD_DUPLICATE mine: tensor a is in");
  });

  it.each([
    "/etc/model.safetensors",
    "../model.safetensors",
    "sub/model.safetensors",
    "..",
    "model.bin",
    "C:\\x.safetensors",
    "",
  ])("the shard name %j", async (name) => {
    const folder = await withIndex(({ weight_map }) => {
      weight_map["a"] = name;
    });
    expect(await refusal(folder)).toContain("SHARD_OUTSIDE");
  });

  it("a link that leaves the folder", async () => {
    const folder = await sharded();
    const outside = join(root, "outside.safetensors");
    await writeFile(outside, await readFile(join(folder, second)));
    await rm(join(folder, second));
    await symlink(outside, join(folder, second));
    expect(await refusal(folder)).toContain("SHARD_OUTSIDE");
  });

  it("a wrong total size", async () => {
    const folder = await withIndex(({ metadata }) => {
      if (metadata !== undefined) metadata.total_size = 95;
    });
    expect(await refusal(folder)).toContain("INDEX_MISMATCH");
  });

  it("a tensor in another shard than it says, in none, or not listed", async () => {
    const moved = await withIndex(({ weight_map }) => {
      weight_map["a"] = second;
    });
    expect(await refusal(moved)).toContain(
      `INDEX_MISMATCH mine: ${indexName} puts tensor a into ${second}, but it is in ${first}`,
    );
    const invented = await withIndex(({ weight_map }) => {
      weight_map["z"] = first;
    });
    expect(await refusal(invented)).toContain("but it is in no shard");
    const hidden = await withIndex(({ weight_map }) => {
      delete weight_map["a"];
    });
    expect(await refusal(hidden)).toContain("tensor a is in a shard but not in");
  });

  it.each([
    ["a duplicate key", `{"weight_map":{"a":"${first}","a":"${second}"}}`],
    ["no map", '{"metadata":{}}'],
    ["a number as shard", '{"weight_map":{"a":1}}'],
    ["no JSON", "weights"],
    ["a list", "[]"],
  ])("%s", async (_, text) => {
    const folder = await sharded();
    await writeFile(join(folder, indexName), text);
    expect(await refusal(folder)).toContain("INDEX_INVALID");
  });
});
