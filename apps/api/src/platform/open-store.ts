import type { Env } from "../env.ts";
import { createLocalStore } from "./local-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { createS3Store } from "./s3-store.ts";

/** The object store that the environment names; `readEnv` has seen to it that its settings are there. */
export function openStore(env: Env): ObjectStore {
  if (env.STORE === "local") return createLocalStore(needed("STORE_DIR", env.STORE_DIR));
  return createS3Store({
    endpoint: needed("S3_ENDPOINT", env.S3_ENDPOINT),
    bucket: needed("S3_BUCKET", env.S3_BUCKET),
    region: env.S3_REGION,
    accessKey: needed("S3_ACCESS_KEY", env.S3_ACCESS_KEY),
    secretKey: needed("S3_SECRET_KEY", env.S3_SECRET_KEY),
  });
}

function needed(name: string, value: string | undefined): string {
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
