import { stat } from "node:fs/promises";
import path from "node:path";
import { parseRef } from "../client/refs.ts";
import { askForStatistics, downloadStatistics, listStatistics } from "../client/remote-statistics.ts";
import { resolveServer } from "../client/server.ts";
import { type RequestStatisticsInput, statisticEstimators } from "../client/statistics-operations.ts";
import { refusal, UsageError } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { numbersOf, wholeNumber } from "../options.ts";
import { plural, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { remoteJson, renderRemote } from "../terminal/remote-statistics.ts";
import { styleFor } from "../terminal/style.ts";
import { showRun } from "./follow.ts";

/** What of the command line concerns the server. */
export interface ServerGiven {
  readonly task?: string | undefined;
  readonly base?: string | undefined;
  readonly lambda?: string | undefined;
  readonly split?: string | undefined;
  readonly estimator?: string | undefined;
  readonly draws?: string | undefined;
  readonly seed?: string | undefined;
  readonly examples?: string | undefined;
  readonly out?: string | undefined;
  readonly json?: boolean | undefined;
  readonly server?: string | undefined;
  readonly token?: string | undefined;
}

/** Lists what the server has measured of a version. */
export async function showStatistics(version: string, given: ServerGiven): Promise<void> {
  parseRef(version);
  const server = resolveServer(given, { env: process.env, cwd: process.cwd() });
  const found = await listStatistics(server, version);
  if (given.json === true) return printJson({ statistics: found.map((each) => remoteJson(each, null)) });
  if (found.length > 0) return print(renderRemote(found, styleFor(process.stdout)));
  print(
    `Nothing was measured of ${printable(version)} yet. To measure: amalgam statistics fisher ${printable(version)} --task NAMESPACE/TASK`,
  );
}

/** Has versions measured on a task of the server, waits, and downloads the files where that is wanted. */
export async function measureOnServer(kind: "FISHER" | "GRAM", models: string, given: ServerGiven): Promise<void> {
  const input = inputOf(kind, models, given);
  const server = resolveServer(given, { env: process.env, cwd: process.cwd() });
  const asked = await askForStatistics(server, input);
  await checkFree(given.out, asked.statistics.length);
  for (const run of asked.runs) await showRun(server, run);
  const { statistics } = asked.runs.length > 0 ? await askForStatistics(server, input) : asked;
  const { out } = given;
  const files =
    out === undefined
      ? []
      : await interruptible((signal) => downloadStatistics(server, statistics, out, signal), "Stopped. Run it again to go on.");
  if (given.json === true)
    return printJson({ existing: asked.existing, statistics: statistics.map((each, i) => remoteJson(each, files[i] ?? null)) });
  print(renderRemote(statistics, styleFor(process.stdout)));
  if (asked.existing > 0) print(`\n${asked.existing} of ${plural(statistics.length, "statistic")} had been measured before.`);
  if (out !== undefined) print(`\nin ${printable(path.resolve(out))}`);
}

function inputOf(kind: "FISHER" | "GRAM", models: string, given: ServerGiven): RequestStatisticsInput {
  const versions = models
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);
  for (const each of versions) parseRef(each);
  const { namespace, name } = parseRef(given.task ?? "", "--task");
  if (given.base !== undefined) parseRef(given.base, "--base");
  const purpose = (["SEARCH", "TRAIN"] as const).find((each) => each === (given.split ?? "search").toUpperCase());
  if (purpose === undefined)
    throw new UsageError("--split takes search or train; statistics are never measured on a report split.");
  const optional = {
    base: given.base,
    lambdas: numbersOf(given.lambda, "--lambda"),
    estimator: statisticEstimators.find((each) => each === given.estimator?.toUpperCase()),
    draws: wholeNumber(given.draws, "--draws", { min: 1, max: 1000 }),
    seed: wholeNumber(given.seed, "--seed", { max: 2 ** 31 - 1 }),
    examples: wholeNumber(given.examples, "--examples", { min: 1, max: 1_000_000 }),
  };
  const said = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { versions, task: `${namespace}/${name}`, kind, purpose, ...said };
}

/** Told before minutes of work that there is no place for their result. */
async function checkFree(out: string | undefined, count: number): Promise<void> {
  if (out === undefined) return;
  const whole = path.resolve(out);
  const found = await stat(whole).catch(() => null);
  if (count === 1 && found?.isDirectory())
    throw refusal("EXISTS", `${printable(out)} is a folder; one statistic is written as a file.`, [out]);
  if (count > 1 && found?.isFile())
    throw refusal("EXISTS", `${printable(out)} is a file; ${count} statistics are written into a folder.`, [out]);
}
