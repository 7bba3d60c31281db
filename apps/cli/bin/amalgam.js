#!/usr/bin/env node
// The file is committed, since npm links a command only when it exists at install; the program itself is built.
import { existsSync } from "node:fs";
import module from "node:module";

const program = new URL("../dist/main.js", import.meta.url);
// Node 22.8 and later keep compiled code between runs.
module.enableCompileCache?.();
if (existsSync(program)) await import(program.href);
else {
  console.error("amalgam is not built yet. Run npm run build in the checkout.");
  process.exitCode = 1;
}
