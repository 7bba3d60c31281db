import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { rawFile } from "./tiny-checkpoint.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const [layers, hidden, inner, keys, vocabulary, shardCount] = [80, 8192, 28_672, 1024, 32_000, 15];

/** The 723 tensors of a Llama 2 70B, in BF16. */
const tensors: readonly (readonly [string, readonly number[]])[] = [
  ["model.embed_tokens.weight", [vocabulary, hidden]],
  ...Array.from({ length: layers }, (_, i): [string, number[]][] => [
    [`model.layers.${i}.self_attn.q_proj.weight`, [hidden, hidden]],
    [`model.layers.${i}.self_attn.k_proj.weight`, [keys, hidden]],
    [`model.layers.${i}.self_attn.v_proj.weight`, [keys, hidden]],
    [`model.layers.${i}.self_attn.o_proj.weight`, [hidden, hidden]],
    [`model.layers.${i}.mlp.gate_proj.weight`, [inner, hidden]],
    [`model.layers.${i}.mlp.up_proj.weight`, [inner, hidden]],
    [`model.layers.${i}.mlp.down_proj.weight`, [hidden, inner]],
    [`model.layers.${i}.input_layernorm.weight`, [hidden]],
    [`model.layers.${i}.post_attention_layernorm.weight`, [hidden]],
  ]).flat(),
  ["model.norm.weight", [hidden]],
  ["lm_head.weight", [vocabulary, hidden]],
];

let folder: string;

/** A folder of 138 GB that takes no room: shards have their headers, and holes for data. */
function largeModel(name: string): void {
  mkdirSync(path.join(folder, name));
  const weightMap: Record<string, string> = {};
  for (let shard = 0; shard < shardCount; shard += 1) {
    const file = `model-${String(shard + 1).padStart(5, "0")}-of-${String(shardCount).padStart(5, "0")}.safetensors`;
    let at = 0;
    const entries = tensors
      .filter((_, i) => i % shardCount === shard)
      .map(([tensor, shape]) => {
        const begin = at;
        at += 2 * shape.reduce((a, b) => a * b, 1);
        weightMap[tensor] = file;
        return `${JSON.stringify(tensor)}:{"dtype":"BF16","shape":[${shape}],"data_offsets":[${begin},${at}]}`;
      });
    const header = rawFile(`{${entries.join()}}`, 0);
    writeFileSync(path.join(folder, name, file), header);
    truncateSync(path.join(folder, name, file), header.length + at);
  }
  writeFileSync(path.join(folder, name, "model.safetensors.index.json"), JSON.stringify({ weight_map: weightMap }));
  const config = { architectures: ["LlamaForCausalLM"], num_hidden_layers: layers, hidden_size: hidden };
  writeFileSync(path.join(folder, name, "config.json"), JSON.stringify(config));
}

beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam 70b "));
  for (const name of ["base", "a", "b", "c"]) largeModel(name);
  writeFileSync(
    path.join(folder, "recipe.yaml"),
    `method: ties
base: base
parents:
  - {model: a, weight: [0.2, 0.8], density: [{filter: mlp, value: [0.1, 0.5]}, {value: 0.3}]}
  - {model: b, density: 0.4}
  - {model: c}
`,
  );
});

afterAll(() => rmSync(folder, { recursive: true }));

/**
 * Runs the command line in a process of its own, as a user does. Its last act is to write what it has read by system calls (rchar
 * of /proc/self/io, its own modules included) and how long the command took, without Node's start and the loading of modules.
 */
function timed(args: readonly string[]): { stdout: string; seconds: number; readBytes: number } {
  const source = `
import { readFileSync } from "node:fs";
import { commands } from ${JSON.stringify(path.resolve(import.meta.dirname, "../src/commands/index.ts"))};
import { runCli } from ${JSON.stringify(path.resolve(import.meta.dirname, "../src/run-cli.ts"))};
await commands.get("check")();
const counted = () => Number(/rchar: (\\d+)/.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? 0);
const [before, started] = [counted(), performance.now()];
process.exitCode = await runCli(${JSON.stringify(args)});
console.error(JSON.stringify({ seconds: (performance.now() - started) / 1000, readBytes: counted() - before }));
`;
  const script = path.join(folder, "timed.mjs");
  writeFileSync(script, source);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--conditions=source", "--import", import.meta.resolve("tsx"), script],
    { encoding: "utf8", maxBuffer: 1 << 26 },
  );
  if (status !== 0) throw new Error(stderr);
  const told = JSON.parse(stderr.trimEnd().split("\n").at(-1) ?? "") as { seconds: number; readBytes: number };
  return { stdout, ...told };
}

const hasCounter = (() => {
  try {
    return readFileSync("/proc/self/io", "utf8").includes("rchar");
  } catch {
    return false;
  }
})();

test.skipIf(!hasCounter)("four models of 70B are checked in 2 s, reading less than 5 MB", () => {
  const runs = [1, 2, 3].map(() => timed(["check", path.join(folder, "recipe.yaml"), "--json"]));
  const best = runs.reduce((a, b) => (a.seconds < b.seconds ? a : b));
  console.log(`check of 4 × 70B: ${best.seconds.toFixed(2)} s, ${(best.readBytes / 1e6).toFixed(2)} MB read`);
  const report = JSON.parse(best.stdout) as {
    tensorCount: number;
    parameterCount: number;
    readBytes: number;
    writeBytes: number;
  };
  expect(report).toMatchObject({ tensorCount: 723, writeBytes: 2 * report.parameterCount });
  expect(report.parameterCount).toBe(68_976_648_192);
  // Each of the four is read at least once, and no fraction of a byte is told.
  expect(report.readBytes).toBeGreaterThanOrEqual(8 * report.parameterCount);
  expect(best.seconds).toBeLessThan(2);
  expect(best.readBytes).toBeLessThan(5_000_000);
});
