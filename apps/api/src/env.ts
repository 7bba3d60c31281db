import os from "node:os";
import path from "node:path";
import { z } from "zod";

const wholeNumber = z.string().regex(/^\d+$/, "must be a whole number").transform(Number);
const bytes = wholeNumber.refine((value) => value > 0, "must be above 0");

/** Every name the server and the worker read, and the only place that reads them. `.env.example` is checked against it. */
const shape = {
  NODE_ENV: z.enum(["development", "test", "production"]).default("production"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  DATABASE_URL: z.string().regex(/^postgres(ql)?:\/\//, "must be a postgresql:// address"),
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: wholeNumber.refine((port) => port < 65536, "must be below 65536").default(4000),
  WEB_URL: z.url({ protocol: /^http$/ }).optional(),
  BOOTSTRAP_TOKEN: z
    .string()
    .regex(/^amg_[\w-]{32,}$/, "must be amg_ and at least 32 letters or digits")
    .optional(),
  STORE: z.enum(["local", "s3"]).default("local"),
  STORE_DIR: z.string().min(1).optional(),
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_BUCKET: z.string().min(3).optional(),
  S3_REGION: z.string().min(1).default("us-east-1"),
  S3_ACCESS_KEY: z.string().min(1).optional(),
  S3_SECRET_KEY: z.string().min(1).optional(),
  SCRATCH_DIR: z
    .string()
    .min(1)
    .default(() => path.join(os.tmpdir(), "amalgam-scratch")),
  CACHE_BYTES: bytes.default(20 * 2 ** 30),
  MERGE_THREADS: bytes.default(() => os.availableParallelism()),
  WORKER_CONCURRENCY: bytes.default(1),
  AMALGAM_BACKEND: z.enum(["auto", "tensorflow", "webgpu", "ort", "wasm", "cpu"]).default("auto"),
  EVALUATORS: z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue({ code: "custom", message: "must be JSON" });
        return z.NEVER;
      }
    })
    .pipe(z.record(z.string(), z.array(z.string()).min(1), 'must be an object like {"name": ["program", "argument"]}'))
    .default({}),
};

export const envNames: readonly string[] = Object.keys(shape);

const schema = z.object(shape).check(({ value, issues }) => {
  const needed =
    value.STORE === "local"
      ? (["STORE_DIR"] as const)
      : (["S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"] as const);
  for (const name of needed)
    if (!value[name])
      issues.push({ code: "custom", path: [name], message: `is needed when STORE is ${value.STORE}`, input: value });
});

export type Env = z.infer<typeof schema>;

/** Parses the environment, or throws one sentence for every name that is wrong. An empty variable counts as missing. */
export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  const given = Object.fromEntries(envNames.flatMap((name) => (source[name] ? [[name, source[name]]] : [])));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return `${name} ${name in given ? issue.message : issue.message.startsWith("is needed") ? issue.message : "is missing"}`;
  });
  throw new Error(`The environment is not usable: ${faults.join("; ")}. See .env.example.`);
}
