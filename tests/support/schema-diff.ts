import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const prisma = path.join(path.dirname(createRequire(import.meta.url).resolve("prisma/package.json")), "build/index.js");

/**
 * The SQL that would bring a database with all migrations to `schemaDir`; empty when they agree. Prisma replays the migrations
 * in a shadow database on the server of `databaseUrl`.
 */
export function schemaDiff(databaseUrl: string, schemaDir = path.join(root, "prisma/schema")): Promise<string> {
  const args = [
    prisma,
    "migrate",
    "diff",
    "--from-migrations",
    "prisma/migrations",
    "--to-schema",
    schemaDir,
    "--script",
    "--exit-code",
  ];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { cwd: root, env: { ...process.env, DATABASE_URL: databaseUrl } },
      (error, stdout, stderr) => {
        if (!error) resolve("");
        else if (error.code === 2) resolve(stdout.trim());
        else reject(new Error(`prisma migrate diff failed:\n${stdout}${stderr}`));
      },
    );
  });
}
