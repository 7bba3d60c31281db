import type { SubCommandsDef } from "citty";

/** citty types a command by its own arguments; this is its type for "some command". */
export type AnyCommand = Awaited<Exclude<SubCommandsDef[string], (...args: never[]) => unknown>>;

type Load = () => Promise<AnyCommand>;

/** Commands by what they need, each loaded when used: `amalgam methods` does not pay for what `push` needs. */
export const commandGroups: readonly { readonly title: string; readonly commands: Readonly<Record<string, Load>> }[] = [
  {
    title: "On this machine, no server needed",
    commands: {
      merge: async () => (await import("./merge.ts")).merge,
      "df-merge": async () => (await import("./df-merge.ts")).dfMergeCommand,
      reproduce: async () => (await import("./reproduce.ts")).reproduce,
      check: async () => (await import("./check.ts")).check,
      inspect: async () => (await import("./inspect.ts")).inspect,
      diff: async () => (await import("./diff.ts")).diff,
      statistics: async () => (await import("./statistics.ts")).statistics,
      import: async () => (await import("./import.ts")).importRecipe,
      export: async () => (await import("./export.ts")).exportRecipe,
      methods: async () => (await import("./methods.ts")).methods,
      backends: async () => (await import("./backends.ts")).backends,
    },
  },
  {
    title: "With a server",
    commands: {
      push: async () => (await import("./push.ts")).push,
      pull: async () => (await import("./pull.ts")).pull,
      request: async () => (await import("./request.ts")).request,
      dataset: async () => (await import("./dataset.ts")).dataset,
      task: async () => (await import("./task.ts")).task,
      suite: async () => (await import("./suite.ts")).suite,
      evaluate: async () => (await import("./evaluate.ts")).evaluate,
      tune: async () => (await import("./tune.ts")).tune,
      study: async () => (await import("./study.ts")).study,
      leaderboard: async () => (await import("./leaderboard.ts")).leaderboard,
      compare: async () => (await import("./compare.ts")).compare,
      judge: async () => (await import("./judge.ts")).judge,
      runs: async () => (await import("./runs.ts")).runs,
    },
  },
  { title: "The server itself", commands: { up: async () => (await import("./up.ts")).up } },
];

export const commands: ReadonlyMap<string, Load> = new Map(commandGroups.flatMap((group) => Object.entries(group.commands)));
