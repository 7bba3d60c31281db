import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { faultsIn, here } from "./run-here.ts";
import { rawFile, tinyCheckpoint, tinyFile, weights } from "./tiny-checkpoint.ts";

vi.setConfig({ testTimeout: 60_000 });

let folder: string;
const at = (...parts: string[]): string => path.join(folder, ...parts);

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam bad files "));
  await tinyCheckpoint(at("good"), weights(1));
  mkdirSync(at("bad"));
  writeFileSync(at("recipe.yaml"), "method: linear\nparents: [{model: good}, {model: bad}]\n");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Only the eight bytes of a length, and what follows them. */
function lengthOf(value: bigint, rest = 0): Uint8Array {
  const bytes = Buffer.alloc(8 + rest);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

const entry = (fields: string): string => `{"x":{${fields}}}`;
const f32 = (shape: string, offsets: string): string => entry(`"dtype":"F32","shape":${shape},"data_offsets":${offsets}`);
const good = f32("[2]", "[0,8]");
const two = (first: string, second: string): string =>
  `{"x":{"dtype":"F32","shape":[1],"data_offsets":${first}},"y":{"dtype":"F32","shape":[1],"data_offsets":${second}}}`;
const named = (name: string): string => `{${JSON.stringify(name)}:{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`;
const bytesThen = (bytes: readonly number[], text: string): Uint8Array => {
  const header = Buffer.concat([Buffer.from(bytes), Buffer.from(text)]);
  return Buffer.concat([lengthOf(BigInt(header.length)), header, Buffer.alloc(8)]);
};

type Make = () => Uint8Array | Promise<Uint8Array>;

/** peers.md §5.3, 1 to 13 and 17. */
const files: readonly (readonly [what: string, make: Make])[] = [
  ["an empty file", () => Buffer.alloc(0)],
  ["a file of seven bytes", () => Buffer.alloc(7)],
  ["a length and nothing behind it", () => lengthOf(8n)],
  ["a header of length 0", () => lengthOf(0n, 8)],
  ["a header of length 1", () => lengthOf(1n, 8)],
  ["a header of length 2^63", () => lengthOf(2n ** 63n, 8)],
  ["a header of length 2^64 - 1", () => lengthOf(2n ** 64n - 1n, 8)],
  ["a header longer than the file by one", () => lengthOf(9n, 8)],
  ["a header that is not UTF-8", () => bytesThen([0x7b, 0x22, 0xff, 0x22], '":1}')],
  ["a byte order mark", () => bytesThen([0xef, 0xbb, 0xbf], good)],
  ["leading white space", () => rawFile(` ${good}`, 8)],
  ["trailing garbage", () => rawFile(`${good}x`, 8)],
  ["an array at the top", () => rawFile("[]", 8)],
  ["a string at the top", () => rawFile('"x"', 8)],
  ["a tensor twice", () => rawFile(`${good.slice(0, -1)},${good.slice(1)}`, 8)],
  ["metadata twice", () => rawFile(`{"__metadata__":{},"__metadata__":{},${good.slice(1)}`, 8)],
  ["JSON nested 100,000 deep", () => rawFile(`{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 8)],
  ["offsets the wrong way round", () => rawFile(f32("[2]", "[8,0]"), 8)],
  ["a negative offset", () => rawFile(f32("[2]", "[-8,0]"), 8)],
  ["a fractional offset", () => rawFile(f32("[2]", "[0,8.5]"), 8)],
  ["an offset as text", () => rawFile(f32("[2]", '[0,"8"]'), 8)],
  ["an offset beyond 2^53", () => rawFile(f32("[2]", "[0,9007199254740993]"), 8)],
  ["tensors that overlap", () => rawFile(two("[0,4]", "[2,6]"), 8)],
  ["a gap between tensors", () => rawFile(two("[0,4]", "[6,10]"), 10)],
  ["a tensor past the end", () => rawFile(f32("[4]", "[0,16]"), 8)],
  ["bytes that no tensor uses", () => rawFile(good, 12)],
  ["a shape that overflows", () => rawFile(f32("[4294967296,4294967296]", "[0,8]"), 8)],
  ["a negative dimension", () => rawFile(f32("[-2]", "[0,8]"), 8)],
  ["a fractional dimension", () => rawFile(f32("[2.5]", "[0,8]"), 8)],
  ["a thousand dimensions", () => rawFile(f32(`[${Array(1000).fill(1).join()}]`, "[0,4]"), 4)],
  ["a span that is not the shape's", () => rawFile(f32("[3]", "[0,8]"), 8)],
  ["a dtype there is not", () => rawFile(entry('"dtype":"F33","shape":[2],"data_offsets":[0,8]'), 8)],
  ["a dtype in small letters", () => rawFile(entry('"dtype":"f32","shape":[2],"data_offsets":[0,8]'), 8)],
  ["fp8", () => rawFile(entry('"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]'), 8)],
  ["an empty name", () => rawFile(named(""), 8)],
  ["a name of a megabyte", () => rawFile(named("n".repeat(1_000_000)), 8)],
  ["a name with NUL", () => rawFile(named("a\u0000b"), 8)],
  ["a name that climbs", () => rawFile(named("../x"), 8)],
  ["a name that turns the line around", () => rawFile(named("a\u202eb"), 8)],
  ["a name that clears the screen", () => rawFile(named("a\u001b[2Jb"), 8)],
  ["a name that is markup", () => rawFile(named("<script>alert(1)</script>"), 8)],
  ["a name that is a property of objects", () => rawFile(named("__proto__"), 8)],
  ["a name that is a method of objects", () => rawFile(named("constructor"), 8)],
  ["metadata that is no text", () => rawFile(`{"__metadata__":{"format":1},${good.slice(1)}`, 8)],
  ["a file cut off in a tensor", async () => (await tinyFile(weights(1))).subarray(0, -3)],
];

test.each(files)("%s as a parent is refused, named and located, and nothing is made", async (_what, make) => {
  writeFileSync(at("bad/model.safetensors"), await make());
  const before = readdirSync(folder);
  for (const args of [
    ["check", at("recipe.yaml")],
    ["merge", at("recipe.yaml"), at("out")],
  ]) {
    const outcome = await here([...args, "--json"]);
    const faults = faultsIn(outcome);
    expect(outcome.code).toBe(1);
    // One message a fault, in sentences, of bounded length, without anything that acts on a terminal.
    expect(outcome.stderr.trimEnd().split("\n")).toHaveLength(faults.length);
    for (const { code, message, path: where } of faults) {
      expect(code).not.toBe("INTERNAL");
      expect(message).toContain("bad");
      expect(message.length).toBeLessThan(2500);
      if (args[0] === "check") expect(where.slice(0, 2).join(".")).toMatch(/^parents\.[01]$/);
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(outcome.stderr).not.toMatch(/[\u0000\u001b\u202e]/);
  }
  expect(readdirSync(folder)).toEqual(before);
});

test("a header that claims more than 100 MB is refused without being read", async () => {
  writeFileSync(at("bad/model.safetensors"), lengthOf(100_000_001n));
  truncateSync(at("bad/model.safetensors"), 100_000_100);
  const outcome = await here(["check", at("recipe.yaml"), "--json"]);
  expect(outcome.code).toBe(1);
  expect(faultsIn(outcome)[0]?.message).toMatch(/bad: model\.safetensors.*100/);
});

const fine: readonly (readonly [what: string, header: string, bytes: number])[] = [
  ["trailing spaces, as padding", `${good}      `, 8],
  [
    "a scalar and an empty tensor",
    two("[0,4]", "[4,4]")
      .replace('"shape":[1],"data_offsets":[0,4]', '"shape":[],"data_offsets":[0,4]')
      .replace('"shape":[1],"data_offsets":[4,4]', '"shape":[0],"data_offsets":[4,4]'),
    4,
  ],
  ["metadata that is markup", `{"__metadata__":{"format":"<b>pt</b>"},${good.slice(1)}`, 8],
];

test.each(fine)("%s is no fault", async (_what, header, bytes) => {
  for (const model of ["good", "bad"]) writeFileSync(at(model, "model.safetensors"), rawFile(header, bytes));
  expect(await here(["merge", at("recipe.yaml"), at("out")])).toMatchObject({ code: 0 });
});

test("200,000 tensors are checked", { timeout: 180_000 }, async () => {
  const tensors = Array.from(
    { length: 200_000 },
    (_, i) => `"t${i}":{"dtype":"F32","shape":[1],"data_offsets":[${4 * i},${4 * i + 4}]}`,
  );
  for (const model of ["good", "bad"]) writeFileSync(at(model, "model.safetensors"), rawFile(`{${tensors.join()}}`, 800_000));
  const { code, stdout } = await here(["check", at("recipe.yaml"), "--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ tensorCount: 200_000 });
});

const values: readonly (readonly [what: string, value: number, passes: boolean])[] = [
  ["NaN", Number.NaN, false],
  ["infinity", Number.POSITIVE_INFINITY, false],
  ["a denormal", 2 ** -149, true],
  ["minus zero", -0, true],
];

test.each(values)("%s in a parent", async (_what, value, passes) => {
  await tinyCheckpoint(at("bad"), { ...weights(1), "encoder.bias": { shape: [2], values: [value, value] } });
  const before = readdirSync(folder);
  const outcome = await here(["merge", at("recipe.yaml"), at("out"), "--json"]);
  expect(outcome.code).toBe(passes ? 0 : 1);
  if (passes) return expect(readFileSync(at("out/model.safetensors")).length).toBeGreaterThan(32);
  const [fault, ...others] = faultsIn(outcome);
  expect(others).toEqual([]);
  expect(fault?.message).toMatch(/encoder\.bias.*bad|bad.*encoder\.bias/);
  expect(readdirSync(folder)).toEqual(before);
});
