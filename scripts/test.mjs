// npm test [-- VITEST ARGUMENTS]: lint, build, type checks, then every test. The last line counts them.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { canStartS3, findChromium, howToGetChromium, howToGetS3, startS3, stopS3 } from "./environment.mjs";
import { install, quiet, root, run, turbo } from "./prepare.mjs";

const isCi = ["1", "true"].includes(process.env.CI ?? "");
const inNodeModules = (file) => path.join(root, "node_modules", file);
const faults = [];

install();
step("lint", () => run(process.execPath, [inNodeModules("@biomejs/biome/bin/biome"), "check", "."]));
const isBuilt = step("build and type check", () => turbo(["build", "typecheck"]));
step("type check of the tests", () => run(process.execPath, [inNodeModules("typescript/bin/tsc"), "-p", "tests/tsconfig.json"]));
if (!isBuilt) finish({ passed: 0, failed: 0, skipped: 0 });

if (!findChromium()) lacking(`There is no Chromium here, so tests in a browser do not run. ${howToGetChromium}`);
const s3 = prepareS3();
process.on("exit", () => s3.stop());
finish(runTests(s3.env));

/** A step that fails does not stop the other checks, but for the build: one run shows everything that is wrong. */
function step(name, work) {
  console.log(`\n== ${name}`);
  const isFine = work() === 0;
  if (!isFine) faults.push(name);
  return isFine;
}

function lacking(sentence) {
  console.log(`\n${sentence}`);
  if (isCi) faults.push(sentence);
}

function prepareS3() {
  if (process.env.S3_ENDPOINT) return { env: {}, stop() {} };
  if (!canStartS3()) {
    lacking(`There is no S3 server here, so the object store is tested on local folders only. ${howToGetS3}`);
    return { env: {}, stop() {} };
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-s3-"));
  console.log("\n== starting an S3 server");
  try {
    return { env: startS3(folder), stop: () => stopS3(folder) };
  } catch (error) {
    lacking(error.message);
    return { env: {}, stop() {} };
  }
}

function runTests(env) {
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-report-")), "vitest.json");
  console.log("\n== tests");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(
    process.execPath,
    [inNodeModules("vitest/vitest.mjs"), "run", ...reporters, ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, ...quiet, ...env },
    },
  );
  const counted = fs.existsSync(report)
    ? count(JSON.parse(fs.readFileSync(report, "utf8")))
    : { passed: 0, failed: 0, skipped: 0 };
  fs.rmSync(path.dirname(report), { recursive: true, force: true });
  if (status !== 0 && counted.failed === 0) faults.push("vitest ended with an error outside of any test");
  return counted;
}

/** A file that could not be loaded has no tests to fail: it counts as one. */
function count({ numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults }) {
  const broken = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  );
  return { passed: numPassedTests, failed: numFailedTests + broken.length, skipped: numPendingTests + numTodoTests };
}

function finish({ passed, failed, skipped }) {
  if (faults.length) console.log(`\nfailed: ${faults.join("\nfailed: ")}`);
  const failures = failed + faults.length;
  console.log(`\n${passed} passed, ${failures} failed, ${skipped} skipped`);
  process.exit(failures ? 1 : 0);
}
