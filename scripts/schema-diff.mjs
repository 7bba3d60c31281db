import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const prisma = path.join(root, "node_modules/prisma/build/index.js");

/**
 * The SQL that would bring a database with all migrations to `schemaDir`; empty when they agree. Prisma replays the migrations in
 * a shadow database on the server of `databaseUrl`.
 */
export function schemaDiff(databaseUrl, schemaDir = "prisma/schema") {
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
