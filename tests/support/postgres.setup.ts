import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { applyMigrations } from "../../apps/api/src/platform/apply-migrations.ts";
// By path: vitest loads this file without the projects' resolve conditions.
import { startPostgres } from "../../infra/local/src/index.ts";

/** One PostgreSQL for the whole run, with a template database that has every migration applied. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-test-"));
  fs.chmodSync(folder, 0o711); // as root the server runs under another account
  const server = await startPostgres({
    dataDir: path.join(folder, "postgres"),
    logFile: path.join(folder, "postgres.log"),
    password: randomBytes(12).toString("hex"),
    database: "template",
    durable: false,
  });
  const close = async () => {
    await server.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    await applyMigrations(server.url, path.resolve(import.meta.dirname, "../../prisma/migrations"));
  } catch (error) {
    await close();
    throw error;
  }
  project.provide("templateUrl", server.url);
  return close;
}
