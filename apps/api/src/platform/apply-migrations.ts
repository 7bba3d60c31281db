import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import pg from "pg";

/** The key Prisma's own engine locks while it migrates. */
const migrationLock = 72707369;

const historyTable = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/**
 * Applies the migrations in `dir` that the database lacks, in order, and answers their names. Keeps the same table, checksums
 * and lock as `prisma migrate deploy`, so either may follow the other; needs no engine to be fetched. Safe to call from many
 * processes at once: the first one works, the others wait and find nothing to do.
 */
export async function applyMigrations(databaseUrl: string, dir: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    await client.query(historyTable);
    const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
      "select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null",
    );
    const history = new Map(rows.map((row) => [row.migration_name, row]));
    const applied: string[] = [];
    for (const migration of readMigrations(dir)) {
      const earlier = history.get(migration.name);
      if (!earlier) {
        await apply(client, migration);
        applied.push(migration.name);
      } else if (!earlier.finished_at) throw new Error(failedEarlier(migration.name));
      else if (earlier.checksum !== migration.checksum) throw new Error(editedSince(migration.name));
    }
    return applied;
  } finally {
    await client.end();
  }
}

function readMigrations(dir: string): Migration[] {
  const folders = fs.readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map(({ name }) => name)
    .sort()
    .map((name) => {
      const bytes = fs.readFileSync(path.join(dir, name, "migration.sql"));
      return { name, sql: bytes.toString("utf8"), checksum: createHash("sha256").update(bytes).digest("hex") };
    });
}

/** The file goes over in one simple query, so its statements are one transaction: all of them or none. */
async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  const id = randomUUID();
  await client.query("insert into _prisma_migrations (id, checksum, migration_name) values ($1, $2, $3)", [id, checksum, name]);
  try {
    await client.query(sql);
  } catch (error) {
    await client.query("update _prisma_migrations set logs = $2 where id = $1", [id, String(error)]);
    throw new Error(`Migration ${name} failed and was undone: ${(error as Error).message}`, { cause: error });
  }
  await client.query("update _prisma_migrations set finished_at = now(), applied_steps_count = 1 where id = $1", [id]);
}

const failedEarlier = (name: string) =>
  `Migration ${name} failed when it was last tried. See its row in _prisma_migrations; after a repair run ` +
  `npx prisma migrate resolve --rolled-back ${name}, then start again.`;

const editedSince = (name: string) =>
  `Migration ${name} was edited after it was applied to this database. Restore the file, or use a new database.`;
