import { type ArgsDef, type CommandMeta, runCommand } from "citty";
import { type AnyCommand, commandGroups, commands } from "./commands/index.ts";
import { faultsOf, Interrupted, UsageError } from "./failure.ts";
import { checkArguments, closest } from "./options.ts";
import { printable } from "./terminal/format.ts";
import { styleFor } from "./terminal/style.ts";
import { type CommandUsage, renderCommandUsage, renderUsage } from "./terminal/usage.ts";
import { version } from "./version.ts";

const exitCode = { done: 0, refused: 1, usage: 2 } as const;

const out = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** What help shows of a command; ours are plain objects, never the functions that citty also allows. */
async function describe(name: string, load: () => Promise<AnyCommand>): Promise<CommandUsage> {
  const { meta, args } = await load();
  const { description = "" } = (meta ?? {}) as CommandMeta;
  return { name, description, args: (args ?? {}) as ArgsDef };
}

async function overview(): Promise<string> {
  const groups = commandGroups.map(async ({ title, commands: own }) => ({
    title,
    commands: await Promise.all(Object.entries(own).map(([name, load]) => describe(name, load))),
  }));
  return renderUsage(version, await Promise.all(groups), styleFor(process.stdout));
}

/** Runs one command line and says how it ended; never throws for anything a caller can cause. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    out(await overview());
    return exitCode.done;
  }
  if (name === "--version" || name === "-v") {
    out(version);
    return exitCode.done;
  }
  const load = commands.get(name);
  if (!load) {
    const near = closest(name, [...commands.keys()]);
    complain(`There is no command ${printable(name)}. ${near ? `Did you mean ${near}?` : "See amalgam --help."}`);
    return exitCode.usage;
  }
  return await runOne(name, load, rest);
}

async function runOne(name: string, load: () => Promise<AnyCommand>, rest: string[]): Promise<number> {
  const end = rest.indexOf("--");
  const options = end < 0 ? rest : rest.slice(0, end);
  try {
    const described = await describe(name, load);
    if (options.includes("--help") || options.includes("-h")) {
      out(renderCommandUsage(described, styleFor(process.stdout)));
      return exitCode.done;
    }
    const command = await load();
    checkArguments(described.args, rest);
    await runCommand(command, { rawArgs: rest });
    return exitCode.done;
  } catch (error) {
    return report(name, error, options.includes("--json"));
  }
}

function report(name: string, error: unknown, json: boolean): number {
  if (error instanceof UsageError) {
    complain(`${error.message}\nSee amalgam ${name} --help.`);
    return exitCode.usage;
  }
  if (error instanceof Interrupted) {
    complain(error.message);
    return error.exitCode;
  }
  const faults = faultsOf(error) ?? [{ code: "INTERNAL", message: describeDefect(error), path: [] }];
  if (json)
    out(
      JSON.stringify(
        faults.map(({ code, message, path }) => ({ code, message, path })),
        null,
        2,
      ),
    );
  for (const { message } of faults) complain(printable(message, 2000));
  return exitCode.refused;
}

/** Anything that reaches this is a defect of ours or of the machine; the stack helps whoever reports it. */
function describeDefect(error: unknown): string {
  if (!(error instanceof Error)) return `Unexpected failure: ${String(error)}`;
  if (process.env["AMALGAM_DEBUG"] && error.stack) complain(error.stack);
  return `Unexpected failure: ${error.message}. Set AMALGAM_DEBUG=1 to see where.`;
}
