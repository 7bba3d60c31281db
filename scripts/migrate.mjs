// npm run migrate -- NAME: writes the migration that leads from the migrations there are to prisma/schema, for you to read and edit.
// Needs no database: it starts one for the purpose and throws it away.
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { build, install, root } from "./prepare.mjs";

const name = process.argv[2] ?? "";
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  console.error("npm run migrate -- NAME, with NAME in small letters and underscores, for instance add_licence");
  process.exit(2);
}
install();
build(["@amalgam/local#build"]);
const { startPostgres } = await import("@amalgam/local");
const { schemaDiff } = await import("./schema-diff.mjs");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-migrate-"));
fs.chmodSync(folder, 0o711);
const server = await startPostgres({
  dataDir: path.join(folder, "postgres"),
  logFile: path.join(folder, "postgres.log"),
  password: randomBytes(12).toString("hex"),
  durable: false,
});
try {
  const sql = await schemaDiff(server.url);
  if (!sql) console.log("The migrations already lead to prisma/schema: nothing to write.");
  else {
    const stamp = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
    const file = path.join(root, "prisma/migrations", `${stamp}_${name}`, "migration.sql");
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, `${sql}\n`);
    console.log(`${path.relative(root, file)}\n\n${sql}`);
  }
} finally {
  await server.stop();
  fs.rmSync(folder, { recursive: true, force: true });
}
