import { kindFacts } from "@amalgam/engine/scores";
import { defineCommand, type ParsedArgs } from "citty";
import { createTask, tasks } from "../client/evaluation-operations.ts";
import { accepted, execute } from "../client/graphql.ts";
import { type SplitPurpose, splitPurposes } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { uploadSplits } from "../client/upload-splits.ts";
import { UsageError } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { kindOf, labelsOf, settingsOf } from "../local/evaluate-here.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { formatCount, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

const args = {
  action: { type: "positional", required: true, description: "create or list" },
  name: { type: "positional", required: false, description: "namespace/name of the task to create" },
  kind: { type: "string", valueHint: "kind", description: "How it is scored, as in amalgam evaluate; default classification" },
  title: { type: "string", valueHint: "text", description: "For people; default the name" },
  labels: {
    type: "string",
    valueHint: "a,b,…",
    description: "Labels in the order of the head's outputs, or @file with one a line",
  },
  expert: {
    type: "string",
    valueHint: "ref",
    description: "Version whose label head is used, and that others are measured against",
  },
  settings: { type: "string", valueHint: "json", description: "What the kind leaves open" },
  report: {
    type: "string",
    valueHint: "file",
    description: "Split whose scores are reported; with --dataset the name of its split",
  },
  search: { type: "string", valueHint: "file", description: "Split that tuning may look at" },
  train: { type: "string", valueHint: "file", description: "Split for statistics such as Fisher information" },
  dataset: { type: "string", valueHint: "ref", description: "Registered data set that the splits belong to" },
  ...serverOptions,
  ...jsonOption,
} as const;

type Given = ParsedArgs<typeof args>;

export const task = defineCommand({
  meta: { name: "task", description: "Create a task on the server out of files, or list those there are" },
  args,
  async run({ args: given }) {
    const server = () => resolveServer(given, { env: process.env, cwd: process.cwd() });
    if (given.action === "list") return list(server(), given.json === true);
    if (given.action !== "create") throw new UsageError(`task takes create or list, not ${printable(given.action, 40)}.`);
    if (given.name === undefined) throw new UsageError("task create needs NAME.");
    return create(given.name, given, server);
  },
});

async function create(ref: string, given: Given, server: () => Server): Promise<void> {
  const { namespace, name } = parseRef(ref, "A task");
  const kind = kindOf(given.kind ?? "classification");
  const labels = await labelsOf(given.labels);
  if (kindFacts[kind].hasLabels && labels === undefined) throw new UsageError(`--kind ${kind} needs --labels.`);
  const named = splitPurposes.flatMap((purpose) => {
    const value = given[purpose.toLowerCase() as Lowercase<SplitPurpose>];
    return value === undefined ? [] : [{ purpose, value }];
  });
  if (named.length === 0) throw new UsageError("task create needs --report, --search or --train.");
  const to = server();
  const settings = settingsOf(given.settings);
  const { created } = await interruptible(async (signal) => {
    const splits = given.dataset
      ? named.map(({ purpose, value }) => ({ name: value, purpose }))
      : await uploadSplits(
          to,
          named.map(({ purpose, value }) => ({ name: purpose.toLowerCase(), location: value, rest: { purpose } })),
          signal,
        );
    const input = {
      ...{
        namespace,
        name,
        title: given.title ?? name,
        kind: kind.toUpperCase().replaceAll("-", "_"),
        splits,
        labels: labels ?? [],
      },
      ...(given.expert === undefined ? {} : { expert: given.expert }),
      ...(given.dataset === undefined ? {} : { dataset: given.dataset }),
      ...(settings === undefined ? {} : { settings }),
    };
    return accepted((await execute(to, createTask, { input }, { signal })).createTask);
  }, "Cancelled.");
  if (given.json === true) return printJson({ task: `${namespace}/${name}`, created });
  print(created ? `Created the task ${namespace}/${name}.` : `The task ${namespace}/${name} is there already, the same.`);
}

async function list(server: Server, isJson: boolean): Promise<void> {
  const rows = (await execute(server, tasks, {})).tasks.edges.map(({ node }) => node);
  if (isJson) return printJson(rows);
  if (rows.length === 0) return print("No tasks yet.");
  const cells = rows.map(({ namespace, name, kind, title, splits }) => [
    `${namespace}/${name}`,
    kind.toLowerCase().replaceAll("_", "-"),
    splits.map(({ purpose, exampleCount }) => `${purpose.toLowerCase()} ${formatCount(exampleCount)}`).join(", "),
    printable(title, 60),
  ]);
  print(
    renderTable(
      [{ title: "task" }, { title: "kind" }, { title: "examples" }, { title: "title" }],
      cells,
      styleFor(process.stdout),
    ),
  );
}
