import fs from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { envNames, readEnv } from "./env.ts";

const local = { DATABASE_URL: "postgresql://u:p@localhost:5432/amalgam", STORE_DIR: "/srv/objects" };

test("little is needed, the rest has defaults", () => {
  expect(readEnv(local)).toMatchObject({
    HOST: "127.0.0.1",
    PORT: 4000,
    STORE: "local",
    AMALGAM_BACKEND: "auto",
    LOG_LEVEL: "info",
  });
});

test("every fault is named at once, with the name at fault", () => {
  const wrong = { DATABASE_URL: "mysql://x", PORT: "seventy", LOG_LEVEL: "loud", STORE_DIR: "/x" };
  expect(() => readEnv(wrong)).toThrow(
    /DATABASE_URL must be a postgresql:\/\/ address; PORT must be a whole number|PORT.*DATABASE_URL/,
  );
  expect(() => readEnv({})).toThrow("DATABASE_URL is missing");
  expect(() => readEnv({ ...local, STORE_DIR: "" })).toThrow("STORE_DIR is needed when STORE is local");
  expect(() => readEnv({ ...local, STORE: "s3" })).toThrow(/S3_ENDPOINT is needed when STORE is s3; S3_BUCKET is needed/);
  expect(() => readEnv({ ...local, BOOTSTRAP_TOKEN: "short" })).toThrow("BOOTSTRAP_TOKEN must be amg_");
});

test(".env.example lists the same names", () => {
  const example = fs.readFileSync(path.resolve(import.meta.dirname, "../../../.env.example"), "utf8");
  const listed = [...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect(listed.filter((name) => name !== "API_URL").sort()).toEqual([...envNames].sort());
  expect(listed, "the web server's only name").toContain("API_URL");
  expect(envNames.length).toBeLessThanOrEqual(25);
});
