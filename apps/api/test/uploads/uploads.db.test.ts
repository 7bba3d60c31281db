import { createHash, randomBytes } from "node:crypto";
import net from "node:net";
import { describe, expect, test } from "vitest";
import { safetensors, tinyCheckpoint } from "../support/checkpoints.ts";
import { beginUpload, type UploadAnswer } from "../support/client.ts";
import { createModel, push, pushReady, type Refusal, registerVersion, runEnded } from "../support/registry.ts";
import { serve } from "../support/serve.ts";

const { stack, server, client } = await serve();

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function begin(bytes: Uint8Array): Promise<UploadAnswer> {
  const input = { sha256: sha256Of(bytes), sizeBytes: bytes.length };
  return (await client.ask<{ upload: UploadAnswer }>(beginUpload, { input })).upload;
}

const put = (upload: UploadAnswer, number: number, body: Uint8Array) =>
  client.fetch(`/uploads/${upload.id}/parts/${number}`, { method: "PUT", body: new Uint8Array(body) });

const partOf = (upload: UploadAnswer, bytes: Uint8Array, number: number) =>
  bytes.subarray(number * upload.partSizeBytes, (number + 1) * upload.partSizeBytes);

async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of stack.deps.store.list(prefix)) found.push(key);
  return found;
}

/** Sends the head of a request and half of its body, then hangs up. */
function sendHalf(upload: UploadAnswer, body: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, "127.0.0.1", () => {
      socket.write(
        `PUT /uploads/${upload.id}/parts/0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${stack.token}\r\nContent-Length: ${body.length}\r\n\r\n`,
      );
      socket.write(body.subarray(0, body.length / 2), () => setTimeout(() => socket.destroy(), 100));
    });
    socket.once("close", () => resolve()).once("error", reject);
  });
}

describe("parts", () => {
  test("an upload cut half-way keeps what was whole, and goes on from there", async () => {
    const bytes = randomBytes(2.5 * 8 * 1024 * 1024);
    const upload = await begin(bytes);
    expect(upload).toMatchObject({ partCount: 3, receivedParts: [], complete: false });
    await sendHalf(upload, partOf(upload, bytes, 0));
    expect((await put(upload, 2, partOf(upload, bytes, 2))).status).toBe(204);
    const resumed = await begin(bytes);
    expect(resumed).toMatchObject({ id: upload.id, receivedParts: [2], complete: false });

    await createModel(client, "cut", "model");
    const files = [{ path: "model.safetensors", sha256: sha256Of(bytes), sizeBytes: bytes.length }];
    const early = await registerVersion(client, { namespace: "cut", name: "model", kind: "BASE", files });
    expect(early.faults).toMatchObject([
      { code: "UPLOAD_INCOMPLETE", path: ["files", "0"], message: expect.stringContaining("1 of 3 parts") },
    ]);

    await Promise.all([0, 1, 1, 0].map((number) => put(upload, number, partOf(upload, bytes, number))));
    expect(await begin(bytes)).toMatchObject({ id: upload.id, receivedParts: [0, 1, 2], complete: true });
  });

  test("parts of a wrong length or number are refused, each with the reason", async () => {
    const bytes = randomBytes(1000);
    const upload = await begin(bytes);
    const answers = [
      await put(upload, 0, bytes.subarray(1)),
      await put(upload, 0, Buffer.concat([bytes, bytes])),
      await put(upload, 1, bytes),
      await put({ ...upload, id: Buffer.from("Upload:0198aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee").toString("base64url") }, 0, bytes),
      await client.fetch(`/uploads/${upload.id}/parts/-1`, { method: "PUT", body: "x" }),
      await client.fetch(`/uploads/${upload.id}/parts/..%2f..%2fx`, { method: "PUT", body: "x" }),
      await client.fetch("/uploads/junk/parts/0", { method: "PUT", body: "x" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([413, 413, 404, 404, 404, 404, 404]);
    expect(await answers[0]?.json()).toEqual({ code: "PART_SIZE", message: "Part 0 must be 1000 bytes long, not 999." });
  });

  test("a body without a length is refused", async () => {
    const upload = await begin(randomBytes(10));
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(10));
        controller.close();
      },
    });
    const init = { method: "PUT", body, duplex: "half" } as RequestInit;
    expect((await client.fetch(`/uploads/${upload.id}/parts/0`, init)).status).toBe(411);
  });

  test.each([
    ["a sha256 in capitals", { sha256: "A".repeat(64), sizeBytes: 1 }],
    ["a path for a sha256", { sha256: "../../etc/passwd", sizeBytes: 1 }],
    ["a negative size", { sha256: "0".repeat(64), sizeBytes: -1 }],
    ["a size of an exabyte", { sha256: "0".repeat(64), sizeBytes: "1000000000000000000" }],
  ])("%s is refused", async (_what, input) => {
    expect((await client.ask<Refusal>(beginUpload, { input })).faults).toHaveLength(1);
  });
});

describe("registering", () => {
  test("the same bytes are stored once, and are not sent again", { timeout: 60_000 }, async () => {
    const files = await tinyCheckpoint(3, { "README.md": "# One\n" });
    const first = await pushReady(client, "twin/a", files);
    const before = await keys("blobs/");
    expect(await begin(files.get("model.safetensors") ?? new Uint8Array())).toMatchObject({ complete: true });
    const second = await pushReady(client, "twin/b", files);
    expect(second.digest).toBe(first.digest);
    expect(await keys("blobs/")).toEqual(before);
    expect(await keys("uploads/"), "staging is empty").not.toContainEqual(
      expect.stringContaining(sha256Of(files.get("README.md") ?? Buffer.of())),
    );

    const again = await push(client, "twin/a", files);
    expect(again).toMatchObject({ created: false, version: { id: first.id } });
    const counts = await client.ask<{ counts: { storedBytes: string; logicalBytes: string } }>(
      "{ viewer { counts { storedBytes logicalBytes } } }",
    );
    expect(BigInt(counts.counts.logicalBytes)).toBeGreaterThan(BigInt(counts.counts.storedBytes));
  });

  test("two clients that register the same files at once get one version", { timeout: 60_000 }, async () => {
    const files = await tinyCheckpoint(7);
    const answers = await Promise.all([
      push(client, "race/a", files),
      push(client, "race/a", files),
      push(client, "race/a", files),
    ]);
    expect(new Set(answers.map(({ version }) => version?.id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    for (const { run } of answers) expect((await runEnded(client, run?.id ?? "")).state).toBe("SUCCEEDED");
  });

  test("bytes that are not what was declared reject the version, name the file, and leave nothing", {
    timeout: 60_000,
  }, async () => {
    const bytes = await safetensors([{ name: "w", shape: [4], values: [1, 2, 3, 4] }]);
    const other = await safetensors([{ name: "w", shape: [4], values: [1, 2, 3, 5] }]);
    const sha256 = sha256Of(bytes);
    const upload = await begin(bytes);
    expect((await put(upload, 0, other)).status).toBe(204);
    await createModel(client, "swap", "model");
    const files = [{ path: "model.safetensors", sha256, sizeBytes: bytes.length }];
    const { run } = await registerVersion(client, { namespace: "swap", name: "model", kind: "BASE", files });
    const ended = await runEnded(client, run?.id ?? "");
    expect(ended).toMatchObject({
      state: "FAILED",
      version: { state: "REJECTED", rejection: { code: "DIGEST_MISMATCH", path: ["files", "model.safetensors"] } },
    });
    expect(ended.failure?.message).toMatch(new RegExp(`^model.safetensors: .*${sha256Of(other)}.*${sha256}`));
    expect(
      [...(await keys("blobs/")), ...(await keys("uploads/"))].filter((key) => key.includes(sha256) || key.includes(upload.id)),
    ).toEqual([]);

    const repaired = await pushReady(client, "swap/model", new Map([["model.safetensors", bytes]]), { kind: "BASE" });
    expect(repaired).toMatchObject({ state: "READY", ref: "swap/model@2" });
  });

  test("a version that another one was fine-tuned from is on record with its digest", { timeout: 60_000 }, async () => {
    const base = await pushReady(client, "tree/base", await tinyCheckpoint(11), { kind: "BASE" });
    await pushReady(client, "tree/leaf", await tinyCheckpoint(12), { base: base.ref, licence: "MIT" });
    const leaf = await client.ask(
      '{ version(ref: "tree/leaf@latest") { architecture licence parameterCount tensorCount dtype model { strand } parents { role parentDigest parent { ref model { strand } } } } }',
    );
    expect(leaf).toEqual({
      architecture: "TinyModel",
      licence: "MIT",
      parameterCount: "9",
      tensorCount: 2,
      dtype: "F32",
      model: { strand: 1 },
      parents: [{ role: "FINE_TUNED_FROM", parentDigest: base.digest, parent: { ref: "tree/base@1", model: { strand: null } } }],
    });
  });
});

describe("names", () => {
  const files = (path: string) => [
    { path: "model.safetensors", sha256: "0".repeat(64), sizeBytes: 1 },
    { path, sha256: "0".repeat(64), sizeBytes: 1 },
  ];

  test.each([
    "../x.json",
    "a/../../x.json",
    "/etc/passwd.json",
    "C:\\x.json",
    "a\\b.json",
    "..%2fx.json",
    "%2e%2e/x.json",
    "....//x.json",
    "a//b.json",
    "a/./b.json",
    ".hidden.json",
    "a/.git/config.json",
    "x.json\u0000.txt",
    "x\n.json",
    "\u202egnp.json",
    "ｘ.json",
    "https://host/x.json",
    "file:///etc/passwd.json",
    "x.exe",
    "x.json.",
    "x",
    "",
    `${"a".repeat(300)}.json`,
    "pytorch_model.bin",
    "model.pt",
    "model.ckpt",
    "model.PKL",
    "MODEL.safetensors",
  ])("the file name %j is refused", async (path) => {
    await createModel(client, "names", "model");
    const answer = await registerVersion(client, { namespace: "names", name: "model", kind: "BASE", files: files(path) });
    expect(answer.faults?.[0]).toMatchObject({ path: ["files", "1", "path"] });
  });

  test.each(["", "A", "Ä", "a/b", "../a", ".a", "a.", "a..b", "latest", "null", "a b", "a\u0000", "x".repeat(97), "аcme", "-a"])(
    "the model name %j is refused",
    async (name) => {
      expect((await createModel(client, "acme", name)).faults).toMatchObject([{ path: ["name"] }]);
    },
  );

  test.each(["1", "v 1", "latest", "main", "deadbeef", "Champion", "a".repeat(64), "a/b", ""])(
    "the alias %j is refused",
    async (alias) => {
      const answer = await client.ask<Refusal>(
        "mutation ($input: SetAliasInput!) { setAlias(input: $input) { __typename ... on RefusedError { faults { path } } } }",
        { input: { ref: "acme/base", alias } },
      );
      expect(answer.faults).toMatchObject([{ path: ["alias"] }]);
    },
  );
});
