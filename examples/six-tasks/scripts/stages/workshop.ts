import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Settings } from "../settings.ts";

/** Where a run reads and writes. */
export interface Workshop {
  /** The folder of this example. */
  example: string;
  /** Intermediate results; safe to delete, costs a new run. */
  work: string;
  /** The checkpoints. */
  out: string;
  settings: Settings;
}

export const trainFile = ({ work }: Workshop, task: string): string => join(work, "data", `${task}.train.jsonl`);
export const taskFile = ({ example }: Workshop, task: string, split: "validation" | "test"): string =>
  join(example, "tasks", task, `${split}.jsonl`);

export interface TaskCard {
  name: string;
  title: string;
  labels: string[];
  metric: "accuracy";
  expert: string;
  source: string;
  licence: string;
}

export function readTaskCard({ example }: Workshop, task: string): TaskCard {
  return JSON.parse(readFileSync(join(example, "tasks", task, "task.json"), "utf8")) as TaskCard;
}

/** The saved result of a stage, else a new one, saved whole or not at all. */
export async function saved<T>(path: string, make: () => T | Promise<T>): Promise<T> {
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")) as T;
  const value = await make();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, JSON.stringify(value));
  renameSync(`${path}.partial`, path);
  return value;
}
