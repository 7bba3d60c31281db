import { stripVTControlCharacters } from "node:util";
import { type ArgsDef, renderUsage, runCommand } from "citty";
import { type AnyCommand, commands } from "./commands/index.ts";
import { faultsOf, Interrupted, UsageError } from "./failure.ts";
import { checkArguments, closest } from "./options.ts";
import { printable } from "./terminal/format.ts";
import { usesColour } from "./terminal/style.ts";
import { version } from "./version.ts";

export const exitCode = { done: 0, refused: 1, usage: 2 } as const;

const out = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

async function usage(command: AnyCommand, parent?: AnyCommand): Promise<string> {
  const text = await renderUsage(command, parent);
  return usesColour(process.stdout) ? text : stripVTControlCharacters(text);
}

const root: AnyCommand = {
  meta: { name: "amalgam", version, description: "Merge, register and compare neural-network checkpoints" },
  subCommands: commands,
};

/** Runs one command line and says how it ended; never throws for anything a caller can cause. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    out(await usage(root));
    return exitCode.done;
  }
  if (name === "--version" || name === "-v") {
    out(version);
    return exitCode.done;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const near = closest(name, Object.keys(commands));
    complain(`There is no command ${printable(name)}. ${near ? `Did you mean ${near}?` : "See amalgam --help."}`);
    return exitCode.usage;
  }
  return await runOne(name, load, rest);
}

async function runOne(name: string, load: () => Promise<AnyCommand>, rest: string[]): Promise<number> {
  const end = rest.indexOf("--");
  const options = end < 0 ? rest : rest.slice(0, end);
  try {
    const command = await load();
    if (options.includes("--help") || options.includes("-h")) {
      out(await usage(command, root));
      return exitCode.done;
    }
    checkArguments(command.args as ArgsDef, rest);
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
