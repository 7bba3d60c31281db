import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase } from "./fresh-database.ts";

test("every call gives a database of its own with the migrations applied", async () => {
  const [first, second] = await Promise.all([freshDatabase(), freshDatabase()]);
  const client = new pg.Client({ connectionString: first });
  await client.connect();
  await client.query("create table mine (id int)");
  await client.query("select 1 from _prisma_migrations");
  await client.end();
  const other = new pg.Client({ connectionString: second });
  await other.connect();
  await expect(other.query("select 1 from mine")).rejects.toThrow("does not exist");
  await other.end();
});
