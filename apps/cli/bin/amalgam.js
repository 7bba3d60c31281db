#!/usr/bin/env node
// The file is committed, since npm links a command only when it exists at install; the program itself is built.
import { existsSync } from "node:fs";

const program = new URL("../dist/main.js", import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  console.error("amalgam is not built yet. Run npm run build in the checkout.");
  process.exitCode = 1;
}
