import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { folderDigest } from "@amalgam/engine/merge";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findModel, ModelMissing } from "./find-model.ts";

// The other end is a bare HTTP server that knows one version, acme/math@1, of one file.
const content = Buffer.from("bytes of a model");
const file = {
  path: "model.safetensors",
  sha256: createHash("sha256").update(content).digest("hex"),
  sizeBytes: String(content.length),
  downloadPath: "/files/1",
};
const digest = folderDigest([file]);
const known = { id: "1", ref: "acme/math@1", number: 1, kind: "FINE_TUNED", state: "READY", rejection: null, digest };
const version = { ...known, sizeBytes: "16", parameterCount: "1", dtype: "F32", aliases: [], files: [file] };

let folder: string;
let close: () => Promise<void>;
let url: string;
let downloads: number;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam find "));
  downloads = 0;
  const listener = http.createServer(async (request, response) => {
    if (request.url === file.downloadPath) {
      downloads += 1;
      return response.end(content);
    }
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { variables } = JSON.parse(body) as { variables: { ref: string } };
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify({ data: { version: /^acme\/math(@1)?$/.test(variables.ref) ? version : null } }));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  close = async () => {
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
  };
});

afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

const find = (text: string, env: Record<string, string> = { AMALGAM_URL: url, AMALGAM_TOKEN: "amg_test" }) =>
  findModel(text, ["parents", "0", "model"], { folder, cwd: folder, env: { HOME: folder, ...env } });

const missing = async (text: string, env?: Record<string, string>) => {
  const error = await find(text, env).catch((each: unknown) => each);
  if (!(error instanceof ModelMissing)) throw error;
  return error.fault;
};

test("a registered version is pulled into the cache by its content, once", async () => {
  const cached = path.join(folder, ".amalgam", "cache", digest);
  for (const text of ["acme/math@1", "acme/math"]) {
    const { location, note } = await find(text);
    expect([location, note]).toEqual([cached, expect.stringContaining(`acme/math@1 of ${url}`)]);
  }
  expect(readFileSync(path.join(cached, "model.safetensors")).equals(content)).toBe(true);
  expect(readdirSync(path.dirname(cached))).toEqual([digest]);
  expect(downloads).toBe(1);
});

test("a folder goes before a version of the same name", async () => {
  mkdirSync(path.join(folder, "acme/math"), { recursive: true });
  expect(await find("acme/math")).toEqual({ location: path.join(folder, "acme/math"), note: null });
  expect(downloads).toBe(0);
});

test("what no server and no cache has is a fault in its place, with what to do", async () => {
  const fault = await missing("acme/code@2");
  expect(fault).toMatchObject({ code: "MODEL_MISSING", path: ["parents", "0", "model"] });
  expect(fault.message).toContain(`${url} has no such version`);
  expect(fault.message).toContain("run huggingface-cli download acme/code --revision 2,");
});

test("without a server, a version is hinted at; what cannot be one is only a path", async () => {
  expect((await missing("acme/math@1", {})).message).toContain("amalgam pull it first");
  expect((await missing("models/acme/math", {})).message).toMatch(/^parents\.0\.model: there is no folder or file [^;]*\.$/);
});

test("a name without a version is taken from the Hugging Face cache when it lies there", async () => {
  const commit = "89abcdef0123456789abcdef0123456789abcdef";
  const model = path.join(folder, ".cache/huggingface/hub/models--acme--math");
  mkdirSync(path.join(model, "snapshots", commit), { recursive: true });
  mkdirSync(path.join(model, "refs"));
  writeFileSync(path.join(model, "refs/main"), `${commit}\n`);
  expect((await find("acme/math")).location).toBe(path.join(model, "snapshots", commit));
  expect((await find("acme/math@1")).location).toContain(digest);
});
