import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layoutHeader } from "@amalgam/engine/formats";
import { mergeToFolder, parseRecipe } from "@amalgam/engine/merge";

const models = 4;
const rounds = 5;
const columns = 4096;

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** A checkpoint of `sizeMb` megabytes in 16 tensors of bf16 noise around ±0.02. No holes: every page is real. */
async function writeModel(folder: string, sizeMb: number, seed: number): Promise<string> {
  const rows = Math.max(1, Math.round((sizeMb * 1e6) / (16 * 2 * columns)));
  const { header, sizeBytes } = layoutHeader(
    Array.from({ length: 16 }, (_, i) => ({ name: `layers.${i}.weight`, dtype: "BF16" as const, shape: [rows, columns] })),
  );
  const noise = new Uint16Array(new Uint8Array(randomBytes(1 << 22)).buffer).map(
    (bits) => 0x3c00 + (bits & 0x1ff) + (bits & 0x8000),
  );
  const bytes = new Uint8Array(noise.buffer);
  await mkdir(folder);
  const handle = await open(join(folder, "model.safetensors"), "w");
  await handle.write(header);
  for (let at = header.length; at < sizeBytes; ) {
    const skip = at === header.length ? 2 * seed * 4099 : 0;
    const chunk = bytes.subarray(skip, skip + Math.min(bytes.length - skip, sizeBytes - at));
    await handle.write(chunk);
    at += chunk.length;
  }
  await handle.sync();
  await handle.close();
  await writeFile(join(folder, "config.json"), "{}");
  return folder;
}

function shell(script: string, args: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync("sh", ["-c", script, "sh", ...args]);
  if (status !== 0) throw new Error(`${script} failed`);
  return (performance.now() - started) / 1000;
}

/** Average of four models against reading the four and writing one, warm cache, sides alternating. */
async function run({ sizeMb = 512 }: { sizeMb?: number | undefined }) {
  const root = await mkdtemp(join(tmpdir(), "amalgam-bench-"));
  try {
    const parents: string[] = [];
    for (let i = 0; i < models; i += 1) parents.push(await writeModel(join(root, `m${i}`), sizeMb, i));
    const files = parents.map((folder) => join(folder, "model.safetensors"));
    const recipe = parseRecipe({ method: "linear", parents: parents.map((model) => ({ model })) });
    const digests = { base: null, parents: parents.map(() => "0".repeat(64)) };
    const outDir = join(root, "out");
    const merge = async (options: { durable: boolean; digests?: typeof digests }) => {
      const started = performance.now();
      await mergeToFolder({ recipe, base: null, parents, outDir, ...options });
      const seconds = (performance.now() - started) / 1000;
      await rm(outDir, { recursive: true });
      return seconds;
    };
    const copy = (last: string) => {
      const seconds = shell(`out=$1; shift; cat "$@" > /dev/null && cp "$1" "$out"${last}`, [join(root, "copy"), ...files]);
      shell('rm "$1"', [join(root, "copy")]);
      return seconds;
    };
    const times: Record<"merge" | "copy" | "copyHashed" | "synced" | "copySynced", number[]> = {
      merge: [],
      copy: [],
      copyHashed: [],
      synced: [],
      copySynced: [],
    };
    await merge({ durable: false, digests });
    for (let i = 0; i < rounds; i += 1) {
      // Writing back one side's pages must not slow the other: each starts with a clean cache of written pages.
      shell("sync", []);
      times.copy.push(copy(""));
      shell("sync", []);
      times.merge.push(await merge({ durable: false, digests }));
      shell("sync", []);
      times.copyHashed.push(copy(' && sha256sum "$out" > /dev/null'));
      shell("sync", []);
      times.synced.push(await merge({ durable: true, digests }));
      shell("sync", []);
      times.copySynced.push(copy(' && sync "$out"'));
    }
    const size = `${models} × ${sizeMb} MB bf16`;
    const line = (metric: string, value: readonly number[], reference: string, referenceTimes: readonly number[]) => ({
      bench: "linear-merge",
      metric: `${metric}, ${size}`,
      value: median(value),
      unit: "s",
      reference,
      referenceValue: median(referenceTimes),
      ratio: median(value) / median(referenceTimes),
    });
    return [
      line("wall time, warm cache, output hashed", times.merge, "cat of the inputs + cp of one", times.copy),
      line(
        "wall time, warm cache, output hashed",
        times.merge,
        "cat of the inputs + cp of one + sha256sum of it",
        times.copyHashed,
      ),
      line(
        "wall time until on disk, output hashed",
        times.synced,
        "cat of the inputs + cp of one + sync of it",
        times.copySynced,
      ),
    ];
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

export const benches = [{ name: "linear-merge", run }];
