/**
 * npm run bench -- [NAME] [--json] [--size MB]
 *
 * Runs the benchmarks of `packages/<package>/bench/*.bench.ts`. A bench file exports
 *
 *   export const benches = [{ name: "kernel", run: async ({ sizeMb }) => [line, …] }]
 *
 * where run() measures both sides in the same process run, takes medians, and returns (or yields) lines
 *   { bench, metric, value, unit, reference, referenceValue, ratio }      ratio = value / referenceValue
 * `reference` says in words what the value is compared with. `sizeMb` is --size, or undefined for the bench's own default.
 * Bench files import the packages by name, or start the command line, and therefore measure the build in `dist`, which is brought up
 * to date first.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    size: { type: "string" },
    "skip-build": { type: "boolean", default: false },
  },
});

function benchFiles() {
  return readdirSync(join(root, "packages"), { recursive: true, encoding: "utf8" })
    .filter((file) => /^[^/\\]+[/\\]bench[/\\][^/\\]+\.bench\.ts$/.test(file))
    .sort()
    .map((file) => join(root, "packages", file));
}

function build() {
  const turbo = join(root, "node_modules", "turbo", "bin", "turbo");
  const args = [turbo, "run", "build", "--filter=./packages/*", "--filter=@amalgam/cli", "--output-logs=errors-only"];
  // Build messages go to stderr, so that stdout carries bench lines only.
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

function print(line) {
  if (values.json) return console.log(JSON.stringify(line));
  const round = (x) => Number(x.toPrecision(3));
  const reference = `${round(line.referenceValue)} ${line.unit} of ${line.reference}`;
  console.log(`${line.bench}  ${line.metric}  ${round(line.value)} ${line.unit}, ${round(line.ratio)} × ${reference}`);
}

async function run() {
  const [wanted] = positionals;
  const sizeMb = values.size === undefined ? undefined : Number(values.size);
  if (sizeMb !== undefined && !(sizeMb > 0)) throw new Error(`--size must be a number of megabytes, not "${values.size}"`);
  const known = [];
  let ran = 0;
  for (const file of benchFiles()) {
    const { benches } = await import(pathToFileURL(file).href);
    for (const bench of benches) {
      known.push(bench.name);
      if (wanted !== undefined && bench.name !== wanted) continue;
      ran += 1;
      for await (const line of await bench.run({ sizeMb })) print(line);
    }
  }
  if (ran === 0) throw new Error(`There is no bench "${wanted}". There are: ${known.join(", ")}.`);
}

// Bench files are TypeScript: the first process builds and starts a second one that can load them.
if (process.env.AMALGAM_BENCH_CHILD === "1") {
  await run().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
} else {
  if (!values["skip-build"]) build();
  const args = ["--expose-gc", "--import", "tsx", fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, AMALGAM_BENCH_CHILD: "1" },
  });
  process.exitCode = child.status ?? 1;
}
