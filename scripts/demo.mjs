// The whole of Amalgam in one command, on a fresh clone: npm run demo -- [--exit] [--json FILE] [--port N] [--data-dir D]
// Built-in modules only until everything is installed and built.
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { build, install, root } from "./prepare.mjs";

function options() {
  try {
    const { values } = parseArgs({
      options: {
        exit: { type: "boolean", default: false },
        json: { type: "string" },
        port: { type: "string", default: "4000" },
        "data-dir": { type: "string", default: path.join(root, ".amalgam") },
      },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new Error(`--port takes a number from 0 to 65535, not ${values.port}.`);
    return { ...values, port };
  } catch (error) {
    console.error(`${error.message}\nnpm run demo -- [--exit] [--json FILE] [--port N] [--data-dir D]`);
    process.exit(2);
  }
}

const values = options();
const phases = [];
const seconds = (since) => (performance.now() - since) / 1000;
async function timed(name, work) {
  const began = performance.now();
  const result = await work();
  phases.push({ name, seconds: seconds(began) });
  return result;
}

await timed("install", install);
await timed("build", () => build());
const { runStack } = await import("@amalgam/local");
const { formatDuration, journey, leaderboardJson, readExample, renderLeaderboard, startSteps, styleFor } = await import(
  "@amalgam/cli"
);

const steps = startSteps();
const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => interruption.abort(new Error("interrupted")));

async function show({ url, token, signInUrl }, began) {
  phases.push({ name: "start", seconds: seconds(began) });
  const server = { url, token, tokenFrom: path.join(values["data-dir"], "access-token") };
  const board = await journey({
    server,
    example: readExample(path.join(root, "examples/six-tasks")),
    steps,
    signal: interruption.signal,
  });
  console.log(`\n${renderLeaderboard(board, styleFor(process.stdout), process.stdout.columns)}\n`);
  if (values.json !== undefined) {
    const rows = leaderboardJson(board).rows.map(({ version, title, kind, method, scores, mean }) => ({
      version: version ?? title,
      kind,
      method,
      scores,
      mean,
    }));
    fs.writeFileSync(values.json, `${JSON.stringify({ rows }, null, 2)}\n`);
  }
  const all = [...phases, ...steps.phases];
  const total = all.slice(2).reduce((sum, phase) => sum + phase.seconds, 0);
  console.log(`${all.map((phase) => `${phase.name} ${formatDuration(phase.seconds)}`).join(", ")}`);
  console.log(`after install and build: ${formatDuration(total)}`);
  if (values.exit) return 0;
  console.log(
    `\n  dashboard  ${url}\n  sign in    ${signInUrl}\n  try        npx amalgam leaderboard\n\nRunning until Ctrl-C, which stops everything.`,
  );
  return undefined;
}

const began = performance.now();
try {
  const stack = { root, dataDir: path.resolve(values["data-dir"]), port: values.port, print: (line) => console.error(line) };
  process.exitCode = await runStack(stack, (running) => show(running, began));
} catch (error) {
  console.error(error.message);
  // Tasks and suites never change once they have scores, so a retrained example needs a registry of its own.
  if (error.faults?.some(({ code }) => code === "TASK_EXISTS" || code === "SUITE_EXISTS"))
    console.error(
      `${values["data-dir"]} holds an older form of the example. Name another folder with --data-dir, or remove that one.`,
    );
  process.exitCode = 1;
}
