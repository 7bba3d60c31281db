import type { ArgDef, ArgsDef } from "citty";
import type { Style } from "./style.ts";

export interface CommandUsage {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
}

const isPositional = ({ type }: ArgDef): boolean => type === "positional";
const placeholder = (name: string, arg: ArgDef): string => {
  const shown = `${name.toUpperCase()}${"valueHint" in arg && arg.valueHint === "…" ? "…" : ""}`;
  return arg.required === false ? `[${shown}]` : shown;
};

const optionForm = (name: string, arg: ArgDef): string =>
  arg.type === "boolean" ? `--${name}` : `--${name} ${("valueHint" in arg && arg.valueHint) || "value"}`;

/** `merge RECIPE OUT_DIR` */
const synopsis = ({ name, args }: CommandUsage): string =>
  [name, ...Object.entries(args).flatMap(([key, arg]) => (isPositional(arg) ? [placeholder(key, arg)] : []))].join(" ");

function columns(rows: readonly (readonly [string, string])[], style: Style): string {
  const widest = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${style.bold(left.padEnd(widest))}  ${right}`.trimEnd()).join("\n");
}

export function renderCommandUsage(command: CommandUsage, style: Style): string {
  const entries = Object.entries(command.args);
  const places = entries.filter(([, arg]) => isPositional(arg));
  const options = entries.filter(([, arg]) => !isPositional(arg));
  const required = options.filter(([, arg]) => arg.required === true).map(([name, arg]) => ` ${optionForm(name, arg)}`);
  const blocks = [
    `${command.description}.`,
    `Usage: amalgam ${synopsis(command)}${required.join("")}${options.length > 0 ? " [options]" : ""}`,
  ];
  if (places.length > 0)
    blocks.push(
      columns(
        places.map(([name, arg]) => [name.toUpperCase(), arg.description ?? ""]),
        style,
      ),
    );
  if (options.length > 0)
    blocks.push(
      columns(
        options.map(([name, arg]) => [optionForm(name, arg), arg.description ?? ""]),
        style,
      ),
    );
  return blocks.join("\n\n");
}

export interface UsageGroup {
  readonly title: string;
  readonly commands: readonly CommandUsage[];
}

export function renderUsage(version: string, groups: readonly UsageGroup[], style: Style): string {
  const widest = Math.max(...groups.flatMap(({ commands }) => commands.map((command) => synopsis(command).length)));
  const lines = ({ title, commands }: UsageGroup): string =>
    [
      style.dim(title),
      ...commands.map((command) => `  ${style.bold(synopsis(command).padEnd(widest))}  ${command.description}`),
    ].join("\n");
  return [
    `amalgam ${version}: merge, register and compare neural-network checkpoints`,
    ...groups.map(lines),
    "amalgam COMMAND --help shows the options of one. Exit codes: 0 done, 1 refused, 2 wrong command line.",
  ].join("\n\n");
}
