import { expect, test } from "vitest";
import { safetensors, tinyCheckpoint } from "../support/checkpoints.ts";
import { push, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

const { stack, client } = await serve();

/** A file with this header, as it is, and this many bytes after it. */
function withHeader(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? Buffer.from(header) : Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}

const entry = (shape: number[], begin: number, end: number, dtype = "F32") =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
const whole = () => safetensors([{ name: "w", shape: [4], values: [1, 2, 3, 4] }]);

type Bad = readonly [what: string, bytes: () => Uint8Array | Promise<Uint8Array>, code: string, message: RegExp];

const badFiles: readonly Bad[] = [
  ["an empty file", () => Buffer.of(), "FILE_TOO_SMALL", /model\.safetensors/],
  ["a truncated one", async () => (await whole()).slice(0, -3), "DATA_TRUNCATED", /"?w"?/],
  ["one with a tail", async () => Buffer.concat([await whole(), Buffer.of(1)]), "UNUSED_TAIL", /1 bytes/],
  ["a header longer than the file", () => withHeader("{}").slice(0, 9), "HEADER_TRUNCATED", /header/],
  ["a header of 2^63 bytes", () => Buffer.from("ffffffffffffff7f7b7d", "hex"), "HEADER_TOO_LARGE", /9223372036854775807/],
  ["overlapping tensors", () => withHeader(`{"a":${entry([2], 0, 8)},"b":${entry([2], 4, 12)}}`, 12), "OVERLAP", /b/],
  ["a gap", () => withHeader(`{"a":${entry([1], 4, 8)}}`, 8), "HOLE", /a/],
  ["duplicate keys", () => withHeader(`{"a":${entry([1], 0, 4)},"a":${entry([1], 0, 4)}}`, 4), "DUPLICATE_KEY", /a/],
  ["reversed offsets", () => withHeader(`{"a":${entry([1], 4, 0)}}`, 4), "OFFSETS_REVERSED", /a/],
  ["a shape that overflows", () => withHeader(`{"a":${entry([2 ** 32, 2 ** 32], 0, 4)}}`, 4), "SHAPE_OVERFLOW", /a/],
  ["a span that does not fit", () => withHeader(`{"a":${entry([3], 0, 4)}}`, 4), "SPAN_MISMATCH", /a/],
  ["an unknown type", () => withHeader(`{"a":${entry([1], 0, 4, "F31")}}`, 4), "DTYPE_UNKNOWN", /F31/],
  ["bytes that are not UTF-8", () => withHeader(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])), "HEADER_NOT_UTF8", /UTF-8/],
  ["the name __proto__", () => withHeader(`{"__proto__":${entry([1], 0, 4)}}`, 4), "NAME_REFUSED", /__proto__/],
  ["the name ../x", () => withHeader(`{"../x":${entry([1], 0, 4)}}`, 4), "NAME_REFUSED", /\.\.\/x/],
  [
    "a pickle under another name",
    () => Buffer.from("80049523000000000000008c05706f736978948c0673797374656d94", "hex"),
    "NOT_SAFETENSORS",
    /pickle/,
  ],
  ["a ZIP under another name", () => Buffer.from("504b03041400000008000000000000000000", "hex"), "NOT_SAFETENSORS", /ZIP/],
  [
    "NaN",
    () =>
      safetensors([
        { name: "ok", shape: [1], values: [1] },
        { name: "w", shape: [2], values: [1, Number.NaN] },
      ]),
    "NOT_FINITE",
    /Tensor w /,
  ],
  ["infinity in F16", () => safetensors([{ name: "w", shape: [1], values: [1e6], dtype: "F16" }]), "NOT_FINITE", /Tensor w /],
  ["a dimension beyond 31 bits", () => withHeader(`{"a":${entry([2 ** 40, 0], 0, 0)}}`), "SHAPE_TOO_LARGE", /a/],
];

async function blobs(): Promise<string[]> {
  const keys: string[] = [];
  for (const prefix of ["blobs/", "uploads/"]) for await (const { key } of stack.deps.store.list(prefix)) keys.push(key);
  return keys.sort();
}

test.each(badFiles)(
  "%s in model.safetensors rejects the version, says why, and leaves nothing behind",
  async (_what, bytes, code, message) => {
    const before = await blobs();
    const { run, faults } = await push(
      client,
      `bad/${code.toLowerCase().replaceAll("_", "-")}`,
      new Map([["model.safetensors", await bytes()]]),
      { kind: "BASE" },
    );
    expect(faults).toBeUndefined();
    const { state, version } = await runEnded(client, run?.id ?? "");
    expect(state).toBe("FAILED");
    expect(version).toMatchObject({
      state: "REJECTED",
      rejection: { code, path: ["files", "model.safetensors"], message: expect.stringMatching(/^model\.safetensors: /) },
    });
    expect(version?.rejection?.message).toMatch(message);
    expect(await blobs()).toEqual(before);
  },
);

const indexOf = (map: Record<string, string>) => JSON.stringify({ metadata: {}, weight_map: map });
const shard = (name: string) => safetensors([{ name, shape: [1], values: [1] }]);

type BadFolder = readonly [
  what: string,
  files: () => Promise<Record<string, string | Uint8Array>>,
  path: string,
  message: RegExp,
];

const badFolders: readonly BadFolder[] = [
  [
    "config.json that is no JSON",
    async () => ({ "config.json": "{", "model.safetensors": await shard("a") }),
    "config.json",
    /not valid JSON/,
  ],
  [
    "config.json that is a list",
    async () => ({ "config.json": "[]", "model.safetensors": await shard("a") }),
    "config.json",
    /must hold a JSON object/,
  ],
  [
    "a tokenizer that is no JSON",
    async () => ({ "tokenizer.json": "\u0001", "model.safetensors": await shard("a") }),
    "tokenizer.json",
    /not valid JSON/,
  ],
  [
    "a card that is no text",
    async () => ({ "README.md": Buffer.from([0xff, 0xfe]), "model.safetensors": await shard("a") }),
    "README.md",
    /UTF-8/,
  ],
  [
    "an index that names a missing shard",
    async () => ({
      "model.safetensors.index.json": indexOf({ a: "a.safetensors", b: "b.safetensors" }),
      "a.safetensors": await shard("a"),
    }),
    "model.safetensors.index.json",
    /tensor "b".*b\.safetensors.*not among the files/,
  ],
  [
    "an index that leaves the folder",
    async () => ({ "model.safetensors.index.json": indexOf({ a: "../a.safetensors" }), "a.safetensors": await shard("a") }),
    "model.safetensors.index.json",
    /not among the files/,
  ],
  [
    "a tensor in two shards",
    async () => ({
      "model.safetensors.index.json": indexOf({ a: "a.safetensors" }),
      "a.safetensors": await shard("a"),
      "b.safetensors": await safetensors([{ name: "a", shape: [1], values: [2] }]),
    }),
    "model.safetensors.index.json",
    /tensor a /,
  ],
  [
    "a task vector said to be a base",
    async () => ({
      "model.safetensors": await safetensors([{ name: "d", shape: [1], values: [1] }], { "amalgam.space": "delta" }),
    }),
    "model.safetensors",
    /TASK_VECTOR/,
  ],
];

test.each(badFolders)("%s rejects the version and names the file", async (_what, files, path, message) => {
  const bytes = new Map(Object.entries(await files()).map(([name, content]) => [name, Buffer.from(content)]));
  const { run } = await push(client, "bad/folder", bytes, { kind: "BASE" });
  const { version } = await runEnded(client, run?.id ?? "");
  expect(version).toMatchObject({ state: "REJECTED", rejection: { path: ["files", path] } });
  expect(version?.rejection?.message).toMatch(message);
});

test("a rejected version is not found as the newest, cannot be merged, and its number is not given again", async () => {
  await push(client, "bad/next", new Map([["model.safetensors", Buffer.from("junk")]]), { kind: "BASE" }).then(({ run }) =>
    runEnded(client, run?.id ?? ""),
  );
  expect(await client.ask('{ version(ref: "bad/next") { ref } }')).toBeNull();
  const { run } = await push(client, "bad/next", await tinyCheckpoint(1), { kind: "BASE", aliases: ["champion"] });
  expect((await runEnded(client, run?.id ?? "")).version).toMatchObject({ ref: "bad/next@2", state: "READY" });
  expect(await client.ask('{ version(ref: "bad/next@champion") { ref } }')).toEqual({ ref: "bad/next@2" });
});
