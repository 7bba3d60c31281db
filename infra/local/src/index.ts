export { freePort } from "./ports.ts";
export { type Postgres, type PostgresOptions, startPostgres } from "./postgres.ts";
export { runStack } from "./run-stack.ts";
export { type Stack, type StackOptions, startStack } from "./stack.ts";
