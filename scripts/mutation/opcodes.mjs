// Faults that a general tool does not know: a neighbouring instruction, a constant or a shift that is one off, in what emits
// WebAssembly. They are put into a copy of the package, one at a time.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";

const neighbours = {
  f32x4Lt: "f32x4Le",
  f32x4Le: "f32x4Lt",
  f32x4Gt: "f32x4Ge",
  f32x4Ge: "f32x4Gt",
  f32x4Eq: "f32x4Ne",
  f32x4Ne: "f32x4Eq",
  f32x4Min: "f32x4PMin",
  f32x4PMin: "f32x4Min",
  f32x4Max: "f32x4Min",
  f32x4Add: "f32x4Sub",
  f32x4Sub: "f32x4Add",
  f64x2Add: "f64x2Max",
  f64x2Max: "f64x2Add",
  i32x4LeS: "i32x4LtS",
  i32x4LtS: "i32x4LeS",
  i32x4GeS: "i32x4GtS",
  i32x4GtS: "i32x4GeS",
  i32x4LeU: "i32x4LeS",
  i32x4Eq: "i32x4GeS",
  i32x4Add: "i32x4Sub",
  i32x4Sub: "i32x4Add",
  i16x8GtS: "i16x8Eq",
  i16x8Eq: "i16x8GtS",
  i16x8MinU: "i16x8MaxS",
  i16x8SubSatU: "i16x8Sub",
  i16x8Abs: "i16x8Add",
  and: "or",
  andNot: "and",
  or: "xor",
  xor: "or",
  shrU: "shrS",
  shrS: "shrU",
  i16x8ShrS: "i16x8ShrU",
  less: "below",
  below: "less",
  above: "below",
};

/** Every mutant of a source: where it is and what the source becomes. */
function mutantsOf(file, source) {
  const found = [];
  const add = (match, from, text) => {
    const at = match.index + match[0].indexOf(from, 1);
    const line = source.slice(0, at).split("\n").length;
    found.push({ file, line, from, to: text, source: source.slice(0, at) + text + source.slice(at + from.length) });
  };
  for (const match of source.matchAll(/[(?:] ?"(\w+)"/g)) {
    const to = neighbours[match[1]];
    if (to !== undefined) add(match, `"${match[1]}"`, `"${to}"`);
  }
  for (const match of source.matchAll(/\bsplat\((-?(?:0x)?[0-9a-f]+)\)/g)) add(match, match[1], `${match[1]} + 1`);
  for (const match of source.matchAll(/shifted\("\w+", [^\n]*?, (\d+)\)/g)) {
    const from = `${match[1]})`;
    const at = match.index + match[0].length - from.length;
    const line = source.slice(0, at).split("\n").length;
    found.push({
      file,
      line,
      from,
      to: `${Number(match[1]) + 1})`,
      source: `${source.slice(0, at)}${Number(match[1]) + 1})${source.slice(at + from.length)}`,
    });
  }
  return found;
}

const hashOf = ({ file, line, from, to }) =>
  createHash("sha256")
    .update(JSON.stringify([file, line, from, to]))
    .digest()
    .readUInt32LE(0);

/** Tries a share of the mutants of some files against the tests that AMALGAM_MUTATION_TESTS names. */
export function mutateOpcodes(files, share) {
  const root = process.cwd();
  const copy = mkdtempSync(join(os.tmpdir(), "amalgam-opcodes-"));
  try {
    for (const part of ["package.json", "tsconfig.base.json", "scripts", "packages/engine"])
      cpSync(join(root, part), join(copy, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const isKilled = () => {
      const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
      const options = ["run", "--config", "scripts/mutation/vitest.config.mjs", "--bail", "1", "--maxWorkers", "1"];
      return spawnSync(process.execPath, [vitest, ...options], { cwd: copy, stdio: "ignore", timeout: 120_000 }).status !== 0;
    };
    if (isKilled()) throw new Error("The tests fail without a mutant.");
    const mutants = files
      .flatMap((file) => mutantsOf(file, readFileSync(join(root, file), "utf8")))
      .filter((mutant) => hashOf(mutant) < share * 2 ** 32);
    return mutants.map(({ source, ...mutant }) => {
      const path = join(copy, mutant.file);
      const before = readFileSync(path);
      writeFileSync(path, source);
      const killed = isKilled();
      writeFileSync(path, before);
      console.log(`${killed ? "killed  " : "SURVIVED"} ${mutant.file}:${mutant.line} ${mutant.from} → ${mutant.to}`);
      return { ...mutant, killed };
    });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
