import { defineCommand } from "citty";
import { datasets, registerDataset } from "../client/evaluation-operations.ts";
import { accepted, execute } from "../client/graphql.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { uploadSplits } from "../client/upload-splits.ts";
import { UsageError } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { formatDigest, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

export const dataset = defineCommand({
  meta: { name: "dataset", description: "Register files as the next version of a data set, or list those there are" },
  args: {
    action: { type: "positional", required: true, description: "push or list" },
    name: { type: "positional", required: false, description: "namespace/name of the data set" },
    splits: { type: "string", valueHint: "test=file,…", description: "Splits by name: .jsonl, .safetensors or .json files" },
    title: { type: "string", valueHint: "text", description: "For people; default the name" },
    licence: { type: "string", valueHint: "id", description: "Licence of the data" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const server = () => resolveServer(args, { env: process.env, cwd: process.cwd() });
    if (args.action === "list") return list(server(), args.json === true);
    if (args.action !== "push") throw new UsageError(`dataset takes push or list, not ${printable(args.action, 40)}.`);
    if (args.name === undefined) throw new UsageError("dataset push needs NAME.");
    const { namespace, name } = parseRef(args.name, "A data set");
    const named = splitsOf(args.splits);
    const to = server();
    const { created, version } = await interruptible(async (signal) => {
      const splits = await uploadSplits(to, named, signal);
      const facts = {
        namespace,
        name,
        title: args.title ?? name,
        ...(args.licence === undefined ? {} : { licence: args.licence }),
      };
      return accepted((await execute(to, registerDataset, { input: { ...facts, splits } }, { signal })).registerDataset);
    }, "Cancelled.");
    if (args.json === true) return printJson({ ...version, created });
    print(`${created ? "Registered" : "There already:"} ${version.ref} (${formatDigest(version.digest)}).`);
  },
});

function splitsOf(text: string | undefined): { name: string; location: string; rest: object }[] {
  const named = (text ?? "").split(",").filter(Boolean);
  if (named.length === 0) throw new UsageError("dataset push needs --splits, such as test=test.jsonl,train=train.jsonl.");
  return named.map((each) => {
    const at = each.indexOf("=");
    if (at < 1 || at === each.length - 1) throw new UsageError(`--splits takes name=file, not ${printable(each, 100)}.`);
    return { name: each.slice(0, at).trim(), location: each.slice(at + 1).trim(), rest: {} };
  });
}

async function list(server: Server, isJson: boolean): Promise<void> {
  const rows = (await execute(server, datasets, {})).datasets.edges.map(({ node }) => node);
  if (isJson) return printJson(rows);
  if (rows.length === 0) return print("No data sets yet.");
  const cells = rows.flatMap(({ title, versions }) =>
    versions.map(({ ref, digest, splits }) => [
      ref,
      formatDigest(digest),
      splits.map((split) => split.name).join(", "),
      printable(title, 60),
    ]),
  );
  print(
    renderTable(
      [{ title: "version" }, { title: "digest" }, { title: "splits" }, { title: "title" }],
      cells,
      styleFor(process.stdout),
    ),
  );
}
