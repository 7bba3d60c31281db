import type { SubCommandsDef } from "citty";

/** citty types a command by its own arguments; this is its type for "some command". */
export type AnyCommand = Awaited<Exclude<SubCommandsDef[string], (...args: never[]) => unknown>>;

/** Every command, loaded when used: `amalgam methods` does not pay for what `push` needs. */
export const commands: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  up: async () => (await import("./up.ts")).up,
  merge: async () => (await import("./merge.ts")).merge,
  check: async () => (await import("./check.ts")).check,
  inspect: async () => (await import("./inspect.ts")).inspect,
  diff: async () => (await import("./diff.ts")).diff,
  methods: async () => (await import("./methods.ts")).methods,
  push: async () => (await import("./push.ts")).push,
  pull: async () => (await import("./pull.ts")).pull,
  request: async () => (await import("./request.ts")).request,
  runs: async () => (await import("./runs.ts")).runs,
  evaluate: async () => (await import("./evaluate.ts")).evaluate,
  leaderboard: async () => (await import("./leaderboard.ts")).leaderboard,
};
