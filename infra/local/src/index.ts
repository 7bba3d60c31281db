export { freePort } from "./ports.ts";
export { type Postgres, type PostgresOptions, startPostgres } from "./postgres.ts";
