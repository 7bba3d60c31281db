import { expect, test } from "vitest";
import { parse } from "yaml";
import { envNames } from "../../apps/api/src/env.ts";
import { textOf } from "./imports.ts";

interface Compose {
  services: Record<string, { image: string; environment?: Record<string, unknown>; command?: string }>;
}

test("the deployment sets only names that the programs read, and what they need", () => {
  const { services } = parse(textOf("infra/compose.yaml"), { merge: true }) as Compose;
  const ours = Object.entries(services).filter(([, { image }]) => image === "amalgam");
  expect(ours.map(([name]) => name).sort()).toEqual(["api", "bucket", "web", "worker"]);
  for (const [name, { environment = {} }] of ours) {
    const known = name === "web" ? ["API_URL"] : envNames;
    expect(Object.keys(environment).filter((one) => !known.includes(one))).toEqual([]);
  }
  const needed = ["DATABASE_URL", "STORE", "S3_ENDPOINT", "S3_BUCKET", "S3_ACCESS_KEY", "S3_SECRET_KEY"];
  for (const name of ["api", "worker"])
    expect(Object.keys(services[name]?.environment ?? {})).toEqual(expect.arrayContaining(needed));
});
