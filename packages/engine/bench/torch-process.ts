import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Cost } from "./side-by-side.ts";

/** A Python that has PyTorch: AMALGAM_PYTHON, else python3; null without one. */
export function pythonWithTorch(): string | null {
  const candidates = [process.env["AMALGAM_PYTHON"], "python3"].filter((candidate) => candidate !== undefined);
  return candidates.find((python) => spawnSync(python, ["-c", "import torch"]).status === 0) ?? null;
}

/** A Python script that answers every line with the cost of one piece of work, as JSON. */
export class PythonProcess {
  readonly #child;
  readonly #answers;

  constructor(python: string, script: string, settings: object) {
    this.#child = spawn(python, [script, JSON.stringify(settings)], { stdio: ["pipe", "pipe", "inherit"] });
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async work(): Promise<Cost> {
    this.#child.stdin.write("\n");
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error("The Python process ended early.");
    return JSON.parse(value);
  }

  stop(): void {
    this.#child.stdin.end();
  }
}
