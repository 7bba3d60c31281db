import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/index.ts";
import { applyMigrations } from "./apply-migrations.ts";

let url: string;
let folder: string;

beforeEach(async () => {
  url = await freshDatabase();
  await query("delete from _prisma_migrations"); // as if ours had never been applied
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-migrations-"));
  write("1_first", "create table probe (n int); insert into probe values (1);");
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(name: string, sql: string): void {
  fs.mkdirSync(path.join(folder, name), { recursive: true });
  fs.writeFileSync(path.join(folder, name, "migration.sql"), sql);
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test("many processes that start at once apply each migration once", async () => {
  write("2_second", "insert into probe values (2);");
  const applied = await Promise.all(Array.from({ length: 6 }, () => applyMigrations(url, folder)));
  expect(applied.flat()).toEqual(["1_first", "2_second"]);
  expect(await query("select n from probe order by n")).toEqual([{ n: 1 }, { n: 2 }]);
});

test("a migration that fails is undone whole, named, and blocks until it is resolved", async () => {
  write("2_broken", "insert into probe values (2); insert into nowhere values (1);");
  await expect(applyMigrations(url, folder)).rejects.toThrow(/2_broken failed and was undone: relation "nowhere" does not exist/);
  expect(await query("select n from probe")).toEqual([{ n: 1 }]);
  await expect(applyMigrations(url, folder)).rejects.toThrow(
    /2_broken failed when it was last tried[\s\S]*migrate resolve --rolled-back/,
  );
  await query("update _prisma_migrations set rolled_back_at = now() where migration_name = '2_broken'");
  write("2_broken", "insert into probe values (2);");
  expect(await applyMigrations(url, folder)).toEqual(["2_broken"]);
});

test("a migration that was edited after it was applied is refused by name", async () => {
  await applyMigrations(url, folder);
  write("1_first", "create table probe (n bigint);");
  await expect(applyMigrations(url, folder)).rejects.toThrow("Migration 1_first was edited after it was applied");
});
