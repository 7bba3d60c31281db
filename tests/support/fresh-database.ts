import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Connection string of the template database; every test clones it. */
    templateUrl: string;
  }
}

/** The connection string of a new database with all migrations applied. It lasts until the run ends: nothing to clean up. */
export async function freshDatabase(): Promise<string> {
  const name = `test_${randomBytes(8).toString("hex")}`;
  const url = new URL(inject("templateUrl"));
  url.pathname = "/postgres";
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  try {
    // One clone at a time: PostgreSQL refuses to copy a template that another copy holds.
    await admin.query("select pg_advisory_lock(1)");
    await admin.query(`create database ${name} template template`);
  } finally {
    await admin.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}
