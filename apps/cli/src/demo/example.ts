import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { refusal } from "../failure.ts";

export interface Checkpoint {
  readonly name: string;
  readonly folder: string;
  readonly licence: string | null;
}

export interface ExampleTask {
  readonly name: string;
  readonly title: string;
  readonly labels: readonly string[];
  readonly expert: string;
  readonly splits: readonly { readonly name: string; readonly purpose: "SEARCH" | "REPORT"; readonly file: string }[];
}

export interface Example {
  readonly namespace: string;
  readonly base: Checkpoint;
  readonly experts: readonly Checkpoint[];
  readonly tasks: readonly ExampleTask[];
  readonly suite: { readonly name: string; readonly title: string };
}

const taskCard = z.object({ name: z.string(), title: z.string(), labels: z.array(z.string()).min(2), expert: z.string() });

const splitFiles = [
  { name: "validation", purpose: "SEARCH" },
  { name: "test", purpose: "REPORT" },
] as const;

function readCard<T>(file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw refusal("EXAMPLE_INVALID", `${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`, [file]);
  }
}

/** Reads the example's folder: fixtures/base, one folder of fixtures for each expert, and the tasks. */
export function readExample(folder: string): Example {
  const checkpoint = (name: string): Checkpoint => {
    const fixture = path.join(folder, "fixtures", name);
    if (existsSync(path.join(fixture, "model.safetensors"))) return { name, folder: fixture, licence: null };
    throw refusal("EXAMPLE_INVALID", `${fixture} holds no checkpoint. npm run train -w examples/six-tasks makes it.`, [fixture]);
  };
  const tasks = readdirSync(path.join(folder, "tasks"))
    .sort()
    .map((name): ExampleTask => {
      const card = readCard(path.join(folder, "tasks", name, "task.json"), taskCard);
      const splits = splitFiles.map((split) => ({ ...split, file: path.join(folder, "tasks", name, `${split.name}.jsonl`) }));
      return { ...card, splits };
    });
  const experts = [...new Set(tasks.map(({ expert }) => expert))].map(checkpoint);
  return { namespace: "six-tasks", base: checkpoint("base"), experts, tasks, suite: { name: "six-tasks", title: "Six tasks" } };
}
