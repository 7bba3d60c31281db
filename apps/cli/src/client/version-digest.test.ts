import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { versionDigest } from "./version-digest.ts";

test("the digest of a version is that of its sha256sum listing, whatever the order of the files", () => {
  const [a, b] = [
    { path: "config.json", sha256: "a".repeat(64) },
    { path: "model.safetensors", sha256: "b".repeat(64) },
  ] as const;
  const listing = `${"a".repeat(64)}  config.json\n${"b".repeat(64)}  model.safetensors\n`;
  expect(versionDigest([b, a])).toBe(createHash("sha256").update(listing).digest("hex"));
  expect(versionDigest([a])).not.toBe(versionDigest([a, b]));
});
