import { defineCommand } from "citty";
import { accepted, execute } from "../client/graphql.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { readStudyLine, refOf } from "../client/studies.ts";
import { recentStudies, resumeStudy, stopStudy } from "../client/study-operations.ts";
import { UsageError } from "../failure.ts";
import { jsonOption, serverOptions, wholeNumber } from "../options.ts";
import { formatScore, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { paramsText, stateOf } from "../terminal/study.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";
import { followToEnd, printStudy } from "./show-study.ts";

export const study = defineCommand({
  meta: { name: "study", description: "Show, stop or resume a study, or list those there are" },
  args: {
    action: { type: "positional", required: true, description: "show, stop, resume or list" },
    name: { type: "positional", required: false, description: "namespace/name of the study" },
    follow: { type: "boolean", description: "show, resume: wait until it is over" },
    budget: { type: "string", valueHint: "n", description: "resume: a new budget; needed when the old one is spent" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const server = () => resolveServer(args, { env: process.env, cwd: process.cwd() });
    const isJson = args.json === true;
    if (args.action === "list") return list(server(), isJson);
    if (!["show", "stop", "resume"].includes(args.action))
      throw new UsageError(`study takes show, stop, resume or list, not ${printable(args.action, 40)}.`);
    if (args.name === undefined) throw new UsageError(`study ${args.action} needs NAME.`);
    if (args.budget !== undefined && args.action !== "resume") throw new UsageError("--budget goes with study resume.");
    const ref = refOf(parseRef(args.name, "A study"));
    const to = server();
    if (args.action === "stop") return stop(to, ref, isJson);
    if (args.action === "resume") await resume(to, ref, wholeNumber(args.budget, "--budget", { min: 1, max: 2000 }));
    if (args.follow === true) return followToEnd(to, ref, isJson);
    if (args.action === "show") return printStudy(to, ref, isJson);
    if (isJson) printJson(await readStudyLine(to, ref));
    else print(`${ref} goes on. See amalgam study show ${ref} --follow.`);
  },
});

async function stop(server: Server, ref: string, isJson: boolean): Promise<void> {
  const { id } = await readStudyLine(server, ref);
  const { study: stopped } = accepted((await execute(server, stopStudy, { input: { id } })).stopStudy);
  if (isJson) return printJson(stopped);
  const best =
    stopped.best?.value == null
      ? "no trial has ended yet"
      : `the best so far, ${formatScore(stopped.best.value)}, becomes a version`;
  print(`${ref} stops: ${best}. amalgam study resume ${ref} goes on where it was.`);
}

async function resume(server: Server, ref: string, budget: number | undefined): Promise<void> {
  const { id } = await readStudyLine(server, ref);
  const input = { id, ...(budget === undefined ? {} : { budget }) };
  accepted((await execute(server, resumeStudy, { input })).resumeStudy);
}

async function list(server: Server, isJson: boolean): Promise<void> {
  const { edges, totalCount } = (await execute(server, recentStudies, { first: 50 })).studies;
  const lines = edges.map(({ node }) => node);
  if (isJson) return printJson(lines);
  if (lines.length === 0) return print("No studies yet. amalgam tune RECIPE --as ns/name --suite ns/name starts one.");
  const rows = lines.map((line) => [
    refOf(line),
    line.method,
    line.best?.value == null ? "" : formatScore(line.best.value),
    stateOf(line),
    line.best ? paramsText(line.best.params) : "",
  ]);
  print(
    renderTable(
      ["Study", "Method", "Best", "State", "Numbers"].map((title) => ({ title })),
      rows,
      styleFor(process.stdout),
    ),
  );
  if (totalCount > lines.length) print(`${totalCount - lines.length} older ones; see ${server.url}/studies.`);
}
