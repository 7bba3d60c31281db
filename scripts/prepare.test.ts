import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

// A checkout as small as can be, with a package that comes from its own folder: no registry is asked.
let checkout: string;

beforeEach(() => {
  checkout = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam check out "));
  fs.mkdirSync(path.join(checkout, "scripts"));
  fs.mkdirSync(path.join(checkout, "apps/probe"), { recursive: true });
  fs.copyFileSync(path.join(import.meta.dirname, "prepare.mjs"), path.join(checkout, "scripts/prepare.mjs"));
  write("package.json", { name: "probe-root", version: "1.0.0", private: true, workspaces: ["apps/*"] });
  write("apps/probe/package.json", { name: "probe", version: "1.0.0" });
  lockWith("1.0.0");
});

afterEach(() => fs.rmSync(checkout, { recursive: true, force: true }));

const write = (file: string, content: unknown) => fs.writeFileSync(path.join(checkout, file), JSON.stringify(content));

function lockWith(version: string): void {
  write("apps/probe/package.json", { name: "probe", version });
  write("package-lock.json", {
    name: "probe-root",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: {
      "": { name: "probe-root", version: "1.0.0", workspaces: ["apps/*"] },
      "apps/probe": { version },
      "node_modules/probe": { resolved: "apps/probe", link: true },
    },
  });
}

function install(env: NodeJS.ProcessEnv = {}): string {
  const script = 'import("./scripts/prepare.mjs").then(({ install }) => install())';
  const { status, stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    cwd: checkout,
    encoding: "utf8",
    env: { ...process.env, npm_execpath: "", ...env },
  });
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

const isLinked = () => fs.existsSync(path.join(checkout, "node_modules/probe/package.json"));

test("a fresh checkout is installed, whatever NODE_ENV says, and the second time nothing happens", { timeout: 90_000 }, () => {
  expect(install({ NODE_ENV: "production" })).toContain("npm ci");
  expect(isLinked()).toBe(true);
  expect(install()).toBe("");
});

test("a changed lock file, another platform's files and an interrupted installation are installed anew", {
  timeout: 90_000,
}, () => {
  install();
  lockWith("2.0.0");
  expect(install()).toContain("npm ci");
  const stamp = path.join(checkout, "node_modules/.amalgam-installed");
  const written = JSON.parse(fs.readFileSync(stamp, "utf8"));
  fs.writeFileSync(stamp, JSON.stringify({ ...written, platform: "plan9-mips" }));
  expect(install()).toContain("npm ci");
  fs.rmSync(path.join(checkout, "node_modules"), { recursive: true });
  fs.mkdirSync(path.join(checkout, "node_modules"));
  expect(install()).toContain("npm ci");
  expect(isLinked()).toBe(true);
});

test("what npm install has brought by hand is accepted", { timeout: 90_000 }, () => {
  install();
  fs.rmSync(path.join(checkout, "node_modules/.amalgam-installed"));
  expect(install()).toBe("");
});
