#!/usr/bin/env node
// Stands in for Prisma's native schema engine, which the Prisma CLI would otherwise download: the same JSON-RPC on standard
// input and output, answered by the engine's WebAssembly build and the pg adapter. prisma.config.ts points the CLI here.
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { parseArgs } from "node:util";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import * as glue from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";

const { values: options, positionals } = parseArgs({
  strict: false, // the CLI also passes flags that only the native engine knows
  allowPositionals: true,
  options: {
    datasource: { type: "string", default: "{}" },
    datamodels: { type: "string", multiple: true, default: [] },
    version: { type: "boolean" },
  },
});
const datasource = JSON.parse(options.datasource);
const url = datasource.url ?? process.env.DATABASE_URL;
const engineFolder = path.dirname(createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg"));

function printVersion() {
  const { version } = JSON.parse(fs.readFileSync(path.join(engineFolder, "package.json"), "utf8"));
  console.log(`schema-engine-cli ${version.split(".").pop()}`);
}

/** The commands the CLI runs as processes of their own: they exist before there is a database to connect to. */
async function runCommand(name) {
  try {
    if (name === "can-connect-to-database") await withClient(url, (client) => client.query("select 1"));
    else if (name === "create-database") await createDatabase();
    else if (name === "drop-database")
      await asAdmin((client, database) => client.query(`drop database if exists ${database} with (force)`));
    else throw new Error(`the schema engine shim does not know the command ${name}`);
  } catch (error) {
    const fields = { is_panic: false, error_code: error.code === "3D000" ? "P1003" : "P1001", message: error.message };
    // The CLI skips the first line of standard error and reads the last one as JSON.
    console.error("schema engine shim");
    console.error(
      JSON.stringify({ timestamp: new Date().toISOString(), level: "ERROR", fields, target: "schema_engine::logger" }),
    );
    process.exitCode = 1;
  }
}

async function withClient(connectionString, work) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs `work` in the server's own database, with the quoted name of ours. */
function asAdmin(work) {
  const admin = new URL(url);
  const database = pg.escapeIdentifier(decodeURIComponent(admin.pathname.slice(1)));
  admin.pathname = "/postgres";
  admin.search = "";
  return withClient(admin.href, (client) => work(client, database));
}

const createDatabase = () => asAdmin((client, database) => client.query(`create database ${database}`));

/** The package expects a bundler to join its two halves. */
async function loadEngine() {
  const wasm = fs.readFileSync(path.join(engineFolder, "schema_engine_bg.wasm"));
  const { instance } = await WebAssembly.instantiate(wasm, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  const datamodels = options.datamodels.map((file) => [file, fs.readFileSync(file, "utf8")]);
  const factory = url ? bindMigrationAwareSqlAdapterFactory(adapterFactory()) : undefined;
  return glue.SchemaEngine.new({ datamodels: datamodels.length ? datamodels : undefined }, () => {}, factory);
}

function adapterFactory() {
  const factory = new PrismaPg({ connectionString: url });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => withCharType(await connect());
  factory.connectToShadowDb = connectToShadow;
  return factory;
}

/** The adapter's own version connects to the main database, because a connection string wins over a database name. */
async function connectToShadow() {
  if (datasource.shadowDatabaseUrl)
    return withCharType(await new PrismaPg({ connectionString: datasource.shadowDatabaseUrl }).connect());
  const name = `prisma_migrate_shadow_db_${randomUUID()}`;
  await asAdmin((client) => client.query(`create database "${name}"`));
  const shadow = new URL(url);
  shadow.pathname = `/${name}`;
  const adapter = withCharType(await new PrismaPg({ connectionString: shadow.href }, { onPoolError() {} }).connect());
  const dispose = adapter.dispose.bind(adapter);
  adapter.dispose = async () => {
    await dispose();
    await asAdmin((client) => client.query(`drop database if exists "${name}" with (force)`));
  };
  return adapter;
}

const charTypeId = 18;
const textTypeId = 25;

/** The adapter has no mapping for PostgreSQL's one-byte "char", which fills the catalogues: show it as Character, '' as null. */
function withCharType(adapter) {
  const charColumns = new WeakMap();
  const performIO = adapter.performIO.bind(adapter);
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.performIO = async (query) => {
    const result = await performIO(query);
    const columns = [];
    result.fields.forEach((field, column) => {
      if (field.dataTypeID !== charTypeId) return;
      field.dataTypeID = textTypeId;
      columns.push(column);
    });
    charColumns.set(query, columns);
    return result;
  };
  adapter.queryRaw = async (query) => {
    const result = await queryRaw(query);
    for (const column of charColumns.get(query) ?? []) {
      result.columnTypes[column] = ColumnTypeEnum.Character;
      for (const row of result.rows) if (row[column] === "") row[column] = null;
    }
    return result;
  };
  if (adapter.startTransaction) {
    const startTransaction = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (...args) => withCharType(await startTransaction(...args));
  }
  return adapter;
}

function serve(engine) {
  let current = null;
  // A panic inside WebAssembly never settles its promise: answer for it, and end as the native engine would.
  globalThis.PRISMA_WASM_PANIC_REGISTRY = {
    set_message(message) {
      if (current !== null) send({ id: current, error: { code: 4466, message: "panic", data: { is_panic: false, message } } });
      setImmediate(() => process.exit(101));
    },
  };
  let queue = Promise.resolve();
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const request = JSON.parse(line);
    if (!request.method) return; // an answer of the CLI to one of our own messages
    queue = queue.then(async () => {
      current = request.id;
      await answer(engine, request);
    });
  });
  lines.on("close", () => queue.finally(() => process.exit(0)));
}

async function answer(engine, { id, method, params }) {
  try {
    send({ id, result: await call(engine, id, method, params) });
  } catch (error) {
    const data = { is_panic: false, message: error?.message ?? String(error), error_code: error?.code, meta: error?.meta };
    send({ id, error: { code: 4466, message: "error", data } });
  }
}

/** Three methods differ between the native engine and the WebAssembly build. */
async function call(engine, id, method, params) {
  if (method === "createDatabase") {
    await createDatabase();
    return { databaseName: decodeURIComponent(new URL(url).pathname.slice(1)) };
  }
  if (method === "getDatabaseVersion") return engine.version(params);
  const result = (await engine[method](params)) ?? {};
  if (method !== "diff" || result.stdout == null) return result;
  const { stdout, ...rest } = result; // the native engine prints it through a message of its own
  send({ id: 1_000_000 + id, method: "print", params: { content: stdout } });
  return rest;
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

if (options.version) printVersion();
else if (positionals[0] === "cli") await runCommand(positionals[1]);
else serve(await loadEngine());
