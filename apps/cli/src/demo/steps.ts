import { startProgress } from "../terminal/progress.ts";
import type { Stream } from "../terminal/style.ts";

export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

export interface Steps {
  /** Runs one step with a bar over its parts; leaves a line with what was done and how long it took. */
  step<T>(
    label: string,
    work: (advance: (done: number, total: number, note?: string) => void) => Promise<{ line: string; value: T }>,
  ): Promise<T>;
  readonly phases: readonly Phase[];
}

export function startSteps(stream: Stream = process.stderr): Steps {
  const phases: Phase[] = [];
  return {
    phases,
    async step(label, work) {
      const began = performance.now();
      const progress = startProgress(label, { unit: "none", stream });
      try {
        const { line, value } = await work((done, total, note) =>
          progress.update({ done, total, ...(note === undefined ? {} : { note }) }),
        );
        progress.finish(line);
        phases.push({ name: label, seconds: (performance.now() - began) / 1000 });
        return value;
      } finally {
        progress.finish();
      }
    },
  };
}
