import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { resolveServer } from "./server.ts";

const root = mkdtempSync(path.join(os.tmpdir(), "amalgam cli "));
afterAll(() => rmSync(root, { recursive: true }));

const checkout = path.join(root, "checkout");
const deep = path.join(checkout, "a/b");
mkdirSync(path.join(checkout, ".amalgam"), { recursive: true });
mkdirSync(deep, { recursive: true });
writeFileSync(path.join(checkout, ".amalgam/stack.json"), JSON.stringify({ url: "http://127.0.0.1:4000", pid: 1 }));
writeFileSync(path.join(checkout, ".amalgam/access-token"), "amg_local\n");
const elsewhere = path.join(root, "elsewhere");
mkdirSync(elsewhere);

test("options win over the environment, and that over the local stack", () => {
  const env = { AMALGAM_URL: "https://amalgam.example/registry/", AMALGAM_TOKEN: "amg_env" };
  expect(resolveServer({ server: "http://localhost:5000", token: "amg_option" }, { env, cwd: deep })).toMatchObject({
    url: "http://localhost:5000",
    token: "amg_option",
  });
  expect(resolveServer({}, { env, cwd: deep })).toMatchObject({ url: "https://amalgam.example/registry", token: "amg_env" });
  expect(resolveServer({}, { env: {}, cwd: deep })).toMatchObject({ url: "http://127.0.0.1:4000", token: "amg_local" });
});

test("with nothing known, the message says how to start a server", () => {
  expect(() => resolveServer({}, { env: {}, cwd: elsewhere })).toThrow(
    "No Amalgam server is known here. Start one with amalgam up",
  );
});

test("the local token is never sent to another server", () => {
  expect(() => resolveServer({ server: "https://evil.example" }, { env: {}, cwd: deep })).toThrow(
    "https://evil.example needs an access token",
  );
  expect(resolveServer({ server: "http://127.0.0.1:4000/" }, { env: {}, cwd: deep }).token).toBe("amg_local");
});

test("an address that is none is refused", () => {
  expect(() => resolveServer({ server: "localhost", token: "t" }, { env: {}, cwd: elsewhere })).toThrow(
    "is not a server address",
  );
  expect(() => resolveServer({ server: "file:///etc", token: "t" }, { env: {}, cwd: elsewhere })).toThrow(
    "starts with http:// or https://",
  );
});
