// npm run test:nodes [-- VITEST ARGUMENTS]: the tests under the other Node lines we support, from npm's packages of Node itself.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { build, install, npm, quiet, root } from "./prepare.mjs";

const lines = ["22", "24"];
const name = `node-${process.platform}-${process.arch}`;
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "amalgam/node");

install();
build(["build"]);
const results = lines.map((line) => {
  const node = nodeOf(line);
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout.trim();
  console.log(`\n== tests on Node ${version}`);
  const { status } = spawnSync(node, [path.join(root, "node_modules/vitest/vitest.mjs"), "run", ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    // Scripts that start `node` by name must get this one, too.
    env: { ...process.env, ...quiet, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
  });
  return { version, status };
});
console.log(`\n${results.map(({ version, status }) => `${version} ${status === 0 ? "passed" : "FAILED"}`).join(", ")}`);
process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1;

/** Node's program of a release line; fetched once. */
function nodeOf(line) {
  const folder = path.join(cache, line);
  const program = path.join(folder, "node_modules", name, "bin/node");
  if (fs.existsSync(program)) return program;
  console.log(`fetching Node ${line} (${name})`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "package.json"), '{"private":true}');
  const status = npm(
    ["install", `${name}@${line}`, "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    {},
  );
  if (status === 0 && fs.existsSync(program)) return program;
  console.error(`Node ${line} could not be fetched from npm as ${name}@${line}.`);
  process.exit(1);
}
