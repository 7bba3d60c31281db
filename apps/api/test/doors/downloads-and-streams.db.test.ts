import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import type { RunningWorker } from "../../src/start-worker.ts";
import { tinyCheckpoint } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { createModel, push, pushReady, requestMerge } from "../support/registry.ts";
import { openServer, openTestDeps, openWorker, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;
let worker: RunningWorker;
let versionId: string;
let weights: Uint8Array;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  worker = await openWorker(stack);
  const files = await tinyCheckpoint(5, { "docs/notes.md": "# Notes\n" });
  weights = files.get("model.safetensors") ?? new Uint8Array();
  versionId = (await pushReady(client, "get/a", files)).id;
  await pushReady(client, "get/b", await tinyCheckpoint(6));
});

afterAll(async () => {
  await worker?.close();
  await server?.close();
  await stack?.close();
});

describe("downloads", () => {
  const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
    client.fetch(`/files/${versionId}/${path}`, { method, headers });
  const etag = () => `"${createHash("sha256").update(weights).digest("hex")}"`;

  test("a file comes whole, with its digest as entity tag, and never as a page", async () => {
    const answer = await get("model.safetensors");
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(weights))).toBe(true);
    expect(answer.headers.get("etag")).toBe(etag());
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment/);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await get("docs/notes.md")).status).toBe(200);
  });

  test("HEAD tells the same without the bytes, and a known tag is not sent again", async () => {
    const head = await get("model.safetensors", {}, "HEAD");
    expect([head.status, head.headers.get("content-length"), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      String(weights.length),
      0,
    ]);
    expect((await get("model.safetensors", { "if-none-match": etag() })).status).toBe(304);
  });

  test.each([
    ["bytes=0-9", 206, 0, 10],
    ["bytes=10-", 206, 10, undefined],
    ["bytes=-7", 206, -7, undefined],
    ["bytes=0-999999999", 206, 0, undefined],
    ["bytes=5-2", 200, 0, undefined],
    ["bytes=0-1,4-5", 200, 0, undefined],
    ["lines=0-1", 200, 0, undefined],
    ["bytes=a-b", 200, 0, undefined],
  ])("Range: %s", async (range, status, start, end) => {
    const answer = await get("model.safetensors", { range });
    expect(answer.status).toBe(status);
    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(weights.slice(start, end)))).toBe(true);
  });

  test("a range past the end is refused, and one for other bytes is ignored", async () => {
    const past = await get("model.safetensors", { range: "bytes=999999-" });
    expect([past.status, past.headers.get("content-range")]).toEqual([416, `bytes */${weights.length}`]);
    expect((await get("model.safetensors", { range: "bytes=0-9", "if-range": '"other"' })).status).toBe(200);
  });

  test.each([
    "nothing.json",
    "../model.safetensors",
    "%2e%2e/model.safetensors",
    "..%2fmodel.safetensors",
    "model.safetensors%00",
    "docs",
    "docs/",
  ])("there is no file %s", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test("files of a version that is not verified are not given out", async () => {
    await worker.close();
    const { version } = await push(client, "get/early", await tinyCheckpoint(5, { "x.txt": "x" }));
    expect((await client.fetch(`/files/${version?.id}/x.txt`)).status).toBe(404);
    worker = await openWorker(stack);
  });
});

test("a run is followed over an event stream to its end", { timeout: 30_000 }, async () => {
  await worker.close();
  await createModel(client, "get", "merged");
  const recipe = { method: "linear", parents: [{ model: "get/a" }, { model: "get/b" }] };
  const { run } = await requestMerge(client, { namespace: "get", name: "merged", recipe });
  const stream = await client.fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({
      query: "subscription ($id: ID!) { runChanged(id: $id) { state progress } }",
      variables: { id: run?.id },
    }),
  });
  expect(stream.headers.get("content-type")).toMatch(/^text\/event-stream/);
  worker = await openWorker(stack);
  const text = await stream.text(); // ends by itself with the run
  const states = [...text.matchAll(/"state":"([A-Z]+)"/g)].map(([, state]) => state);
  expect(states[0]).toBe("QUEUED");
  expect(states.at(-1)).toBe("SUCCEEDED");
  expect(states).toContain("RUNNING");
  expect(text).toMatch(/event: complete/);
});

test("an event stream obeys the same limits and hides the same faults", async () => {
  const open = async (query: string) => {
    const headers = { "content-type": "application/json", accept: "text/event-stream" };
    const answer = await client.fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
    return { status: answer.status, text: await answer.text() };
  };
  expect(await open(`{ ${Array.from({ length: 100 }, (_, i) => `x${i}: viewer { name }`).join(" ")} }`)).toMatchObject({
    status: 400,
  });
  expect((await open('subscription { runChanged(id: "junk") { state } }')).text).toMatch(/BAD_USER_INPUT/);
});
