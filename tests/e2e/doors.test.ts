import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { startStack } from "@amalgam/local";
import { afterAll, beforeAll, expect, test } from "vitest";
import { amalgam } from "./support/amalgam.ts";
import { writeCheckpoint } from "./support/checkpoints.ts";
import { ask } from "./support/graphql.ts";
import { root, type TestStack, temporaryFolder, testStack } from "./support/stack.ts";

const folder = temporaryFolder("doors");
let stack: TestStack;

beforeAll(async () => {
  stack = await testStack(path.join(folder, "data"), false);
});
afterAll(async () => {
  await stack?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("without a token, or with a wrong one, every door stays shut", async () => {
  const doors: [string, string][] = [
    ["POST", "/graphql"],
    ["GET", "/graphql?query={viewer{name}}"],
    ["PUT", "/uploads/x/parts/0"],
    ["GET", "/files/x/model.safetensors"],
  ];
  for (const headers of [{}, { authorization: "Bearer amg_wrong" }, { cookie: "amalgam=nonsense" }])
    for (const [method, door] of doors) {
      const body = method === "GET" ? null : JSON.stringify({ query: "{ viewer { name } }" });
      const response = await fetch(stack.url + door, {
        method,
        body,
        redirect: "manual",
        headers: { ...headers, "content-type": "application/json" },
      });
      expect(response.status, `${method} ${door} with ${JSON.stringify(headers)}`).toBe(401);
    }
});

test("the command line without a server, or with a wrong token, says what to do", async () => {
  const wrong = await amalgam(["leaderboard", "x/y", "--server", stack.url, "--token", "amg_wrong"]);
  expect(wrong).toMatchObject({ code: 1 });
  expect(wrong.stderr).toMatch(/token/i);
  const nowhere = await amalgam(["leaderboard", "x/y", "--server", "http://127.0.0.1:9", "--token", "amg_x"]);
  expect(nowhere).toMatchObject({ code: 1 });
  expect(nowhere.stderr).toMatch(/amalgam up|npm run/);
});

const broken: [string, (file: string) => void, RegExp][] = [
  ["truncated", (file) => fs.truncateSync(file, fs.statSync(file).size - 100), /model\.safetensors/],
  ["pickle", (file) => fs.writeFileSync(file, Buffer.from([0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e])), /pickle/i],
  [
    "not-a-number",
    (file) => {
      const fd = fs.openSync(file, "r+");
      const size = fs.fstatSync(fd).size;
      fs.writeSync(fd, Buffer.from([0, 0, 0xc0, 0x7f]), 0, 4, size - 8);
      fs.closeSync(fd);
    },
    /bert\.pooler\.dense\.bias/,
  ],
];

test.each(broken)("a %s checkpoint is refused with its file or tensor named, and is never READY", async (name, spoil, reason) => {
  const own = writeCheckpoint(path.join(folder, name), 3, 1);
  spoil(path.join(own, "model.safetensors"));
  const pushed = await amalgam(["push", own, "--as", `doors/${name}`], stack);
  expect(pushed.code).toBe(1);
  expect(pushed.stderr).toMatch(reason);
  const { versions } = await ask<{ versions: { totalCount: number } }>(stack, "{ versions(state: READY) { totalCount } }");
  expect(versions.totalCount).toBe(0);
});

test("a port that is taken is named, with the way to another one", async () => {
  const other = net.createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as net.AddressInfo;
  const dataDir = path.join(folder, "taken");
  await expect(startStack({ root, dataDir, port, print: () => {} })).rejects.toThrow(new RegExp(`${port}.*--port`, "s"));
  other.close();
});
