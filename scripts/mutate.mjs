// A mutation run on the kernels and the steps of the merge methods: faults are put into the sources one by one, and tests must see
// them. Not part of `npm test`: all of it takes an hour on two cores.
//
//   npm run mutate                              every group, its sample
//   npm run mutate -- steps --share 1           every mutant of one group; --file trim: of one file
//   npm run mutate -- steps --survivors FILE    only those that a report (reports/mutation/steps.json) says have survived
//   npm run mutate -- steps --tests FILE        by other tests
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { mutateOpcodes } from "./mutation/opcodes.mjs";

const sources = (folder, ...names) => names.map((name) => `packages/engine/src/${folder}/${name}.ts`);
const tests = (...names) => names.map((name) => `packages/engine/test/${name}.test.ts`);
const emitters = ["emit-loop", "emit-merge", "emit-reduce", "emit-select", "group-emitter"];
const ranks = "packages/engine/src/expr/wasm/emit-rank.property.test.ts";

/** Sources, the tests that should kill their mutants, how many of the mutants are tried, and runs of a property. */
const groups = {
  steps: {
    mutate: sources("merge/methods", "election", "trim", "drop", "rescale", "cosines", "task-vectors", "averages", "activity"),
    tests: tests("steps", "methods*", "laws.property"),
    share: 1,
    runs: 20,
  },
  numbers: {
    mutate: sources("expr", "nth-largest", "numeric", "program", "solvers", "elementary", "random", "sample", "parametrise"),
    tests: tests("expr-numbers", "methods", "kernel.property"),
    share: 0.6,
    runs: 40,
  },
  kernels: {
    mutate: sources("expr/wasm", ...emitters, "kernel-instance"),
    tests: tests("lanes", "half", "kernel.property", "selections"),
    share: 0.3,
    runs: 60,
  },
  ranks: { mutate: sources("expr/wasm", "emit-rank"), tests: [ranks], share: 0.15, runs: 40 },
  run: {
    mutate: sources("merge/run", "level-work", "stream-key", "kernel-desk"),
    tests: tests("stream-key", "ring", "selections"),
    share: 0.3,
    runs: 20,
  },
  opcodes: {
    mutate: sources("expr/wasm", ...emitters, "simd-codec"),
    tests: tests("lanes", "half", "kernel.property", "selections"),
    share: 0.35,
    runs: 40,
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    share: { type: "string" },
    file: { type: "string", multiple: true },
    survivors: { type: "string" },
    tests: { type: "string", multiple: true },
  },
});
const runs = process.env["AMALGAM_TEST_RUNS"];
for (const name of positionals.length > 0 ? positionals : Object.keys(groups)) {
  const group = groups[name];
  if (group === undefined) throw new Error(`There is no group ${name}; there are ${Object.keys(groups).join(", ")}.`);
  const mutate = group.mutate.filter((file) => values.file === undefined || values.file.some((part) => file.includes(part)));
  process.env["AMALGAM_MUTATION_TESTS"] = (values.tests ?? group.tests).join();
  process.env["AMALGAM_TEST_RUNS"] = runs ?? String(group.runs);
  const { killed, alive } = await (name === "opcodes" ? byOpcodes : byStryker)(name, mutate, Number(values.share ?? group.share));
  console.log(`${name}: ${killed} killed, ${alive} survived.`);
}

async function byOpcodes(name, mutate, share) {
  const results = mutateOpcodes(mutate, share);
  mkdirSync(join("reports", "mutation"), { recursive: true });
  writeFileSync(join("reports", "mutation", `${name}.json`), JSON.stringify(results, null, 1));
  const killed = results.filter((mutant) => mutant.killed).length;
  return { killed, alive: results.length - killed };
}

async function byStryker(name, mutate, share) {
  const results = await new Stryker({
    mutate,
    // The compiler checks names of instructions and of kinds.
    mutator: { excludedMutations: ["StringLiteral"] },
    plugins: ["@stryker-mutator/vitest-runner", import.meta.resolve("./mutation/sample.mjs")],
    testRunner: "vitest",
    vitest: { configFile: "scripts/mutation/vitest.config.mjs", related: false },
    checkers: ["sample"],
    amalgam: { share, survivorsOf: values.survivors ?? null },
    coverageAnalysis: "perTest",
    concurrency: 1,
    timeoutMS: 15_000,
    timeoutFactor: 1.5,
    tempDirName: join(os.tmpdir(), "amalgam-mutation"),
    ignorePatterns: ["/apps", "/docs", "/examples", "/infra", "/prisma", "/tests", "reports"],
    reporters: ["clear-text", "progress-append-only", "json"],
    clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
    jsonReporter: { fileName: join("reports", "mutation", `${name}${values.survivors === undefined ? "" : "-again"}.json`) },
    allowConsoleColors: false,
    disableTypeChecks: false,
    warnings: { unknownOptions: false },
  }).runMutationTest();
  // Where no test file could be loaded, Stryker counts none that failed, and says "Survived".
  const isDead = ({ status, testsCompleted }) =>
    ["Killed", "Timeout", "RuntimeError"].includes(status) || (status === "Survived" && testsCompleted === 0);
  const tried = results.filter(({ status }) => status !== "CompileError" && status !== "Ignored");
  const killed = tried.filter(isDead).length;
  return { killed, alive: tried.length - killed };
}
