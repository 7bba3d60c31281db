import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { refusal } from "../failure.ts";

export interface Checkpoint {
  readonly name: string;
  readonly folder: string;
}

interface ExampleTask {
  readonly name: string;
  readonly title: string;
  readonly labels: readonly string[];
  /** Name of the expert whose head is used */
  readonly expert: string;
  readonly splits: readonly { readonly name: string; readonly purpose: "SEARCH" | "REPORT"; readonly file: string }[];
}

export interface Example {
  readonly namespace: string;
  readonly licence: string;
  readonly base: Checkpoint;
  readonly experts: readonly Checkpoint[];
  readonly tasks: readonly ExampleTask[];
  readonly suite: { readonly name: string; readonly title: string };
}

const checkpoint = z.object({ name: z.string(), folder: z.string() });

const manifest = z.object({
  namespace: z.string(),
  licence: z.string(),
  base: checkpoint,
  experts: z.array(checkpoint.extend({ task: z.string() })).min(2),
  suite: z.object({
    name: z.string(),
    title: z.string(),
    tasks: z.array(z.string()).min(1),
    /** Purpose to file, {task} standing for the name of the task */
    splits: z.object({ SEARCH: z.string(), REPORT: z.string() }),
  }),
});

const taskCard = z.object({ name: z.string(), title: z.string(), labels: z.array(z.string()).min(2), expert: z.string() });

function readCard<T>(file: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw refusal("EXAMPLE_INVALID", `${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`, [file]);
  }
}

/** Reads example.json and the cards of its tasks; every path comes out absolute. */
export function readExample(folder: string): Example {
  const { namespace, licence, base, experts, suite } = readCard(path.join(folder, "example.json"), manifest);
  const located = ({ name, folder: own }: Checkpoint): Checkpoint => {
    const place = path.join(folder, own);
    if (existsSync(path.join(place, "model.safetensors"))) return { name, folder: place };
    throw refusal("EXAMPLE_INVALID", `${place} holds no checkpoint. npm run train -w examples/six-tasks makes it.`, [place]);
  };
  const tasks = suite.tasks.map((name): ExampleTask => {
    const card = readCard(path.join(folder, "tasks", name, "task.json"), taskCard);
    const splits = (["SEARCH", "REPORT"] as const).map((purpose) => {
      const file = path.join(folder, suite.splits[purpose].replaceAll("{task}", name));
      return { name: path.parse(file).name, purpose, file };
    });
    return { ...card, splits };
  });
  return {
    namespace,
    licence,
    base: located(base),
    experts: experts.map(located),
    tasks,
    suite: { name: suite.name, title: suite.title },
  };
}
