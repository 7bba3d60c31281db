import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Wall seconds, and those of all processors together. */
export interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** Of this process with all its threads. */
export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const started = performance.now();
  await work();
  const wall = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { wall, cpu: (user + system) / 1e6 };
}

/** Of a shell script and all that it starts. */
export function costOfScript(script: string, args: readonly string[]): Cost {
  const started = performance.now();
  // `times` prints user and system time of the shell, then of its children.
  const { status, stdout, stderr } = spawnSync("sh", ["-c", `${script}\ntimes`, "sh", ...args], { encoding: "utf8" });
  const wall = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${script} failed: ${stderr}`);
  const times = stdout.trim().split("\n").slice(-2).join(" ").split(" ");
  const seconds = times.map((time) => time.split(/[ms]/).map(Number)).map(([minutes = 0, rest = 0]) => 60 * minutes + rest);
  return { wall, cpu: seconds.reduce((sum, each) => sum + each, 0) };
}

/** Costs of each side, in rounds in which each gets its turn: what else the machine does meets all of them. */
export async function alternate<Name extends string>(
  sides: Readonly<Record<Name, () => Promise<Cost>>>,
  rounds: number,
): Promise<Record<Name, Cost>> {
  const names = Object.keys(sides) as Name[];
  const costs = new Map<Name, Cost[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) for (const name of names) costs.get(name)?.push(await sides[name]());
  const medians = names.map((name) => {
    const of = costs.get(name) ?? [];
    return [name, { wall: median(of.map(({ wall }) => wall)), cpu: median(of.map(({ cpu }) => cpu)) }] as const;
  });
  return Object.fromEntries(medians) as Record<Name, Cost>;
}

export interface Line {
  readonly bench: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly reference: string;
  readonly referenceValue: number;
  readonly ratio: number;
}

export const line = (
  bench: string,
  metric: string,
  unit: string,
  value: number,
  reference: string,
  referenceValue: number,
): Line => ({
  bench,
  metric,
  value,
  unit,
  reference,
  referenceValue,
  ratio: value / referenceValue,
});

/** Wall time and processor time of one side against another. */
export const costLines = (bench: string, metric: string, cost: Cost, reference: string, other: Cost): Line[] => [
  line(bench, `${metric}, wall time`, "s", cost.wall, reference, other.wall),
  line(bench, `${metric}, processor time`, "CPU-s", cost.cpu, reference, other.cpu),
];

/** Runs some work in a folder of its own, under TMPDIR, that is gone afterwards. */
export async function* inScratch<T>(work: (folder: string) => AsyncIterable<T>): AsyncIterable<T> {
  const folder = await mkdtemp(join(tmpdir(), "amalgam-bench-"));
  try {
    yield* work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Empties the page cache. @returns false when this user may not */
export function dropCaches(): boolean {
  spawnSync("sync");
  try {
    writeFileSync("/proc/sys/vm/drop_caches", "1");
    return true;
  } catch {
    return false;
  }
}

/** What was not measured, and why: on stderr, since stdout carries lines only. */
export const skip = (what: string): void => console.error(`Skipped: ${what}`);
