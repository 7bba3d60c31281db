import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

/** What a mutant changes, wherever its run has its copy of the sources. */
const nameOf = (file, { location, replacement }) => {
  const { start, end } = location;
  return JSON.stringify([file, start.line, start.column, end.line, end.column, replacement]);
};

/** Lets a fixed sample of the mutants through, by a hash of what they change; the others count as invalid, not as killed. */
class Sample {
  #share;
  #survivors = null;
  static inject = ["options"];

  constructor({ amalgam }) {
    this.#share = amalgam.share;
    if (amalgam.survivorsOf !== null && existsSync(amalgam.survivorsOf)) {
      const { files } = JSON.parse(readFileSync(amalgam.survivorsOf, "utf8"));
      const alive = Object.entries(files).flatMap(([file, { mutants }]) =>
        mutants
          .filter(({ status }) => status === "Survived" || status === "NoCoverage")
          .map((mutant) => nameOf(file, shifted(mutant, -1))),
      );
      this.#survivors = new Set(alive);
    }
  }

  async init() {}

  async check(mutants) {
    const rejected = { status: "compileError", reason: "not in the sample" };
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.#isIn(mutant) ? { status: "passed" } : rejected]));
  }

  async group(mutants) {
    return [mutants.map(({ id }) => id)];
  }

  #isIn(mutant) {
    const name = nameOf(relative(process.cwd(), mutant.fileName), mutant);
    if (this.#survivors !== null) return this.#survivors.has(name);
    return createHash("sha256").update(name).digest().readUInt32LE(0) < this.#share * 2 ** 32;
  }
}

/** Reports count lines and columns from 1, runs from 0. */
function shifted({ location: { start, end }, ...mutant }, by) {
  const move = ({ line, column }) => ({ line: line + by, column: column + by });
  return { ...mutant, location: { start: move(start), end: move(end) } };
}

export const strykerPlugins = [{ kind: "Checker", name: "sample", injectableClass: Sample }];
