import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { downloadFiles, safePath } from "./download.ts";
import { execute } from "./graphql.ts";
import { hashFile, listFolder, localFile } from "./local-files.ts";
import { viewer } from "./operations.ts";
import type { Server } from "./server.ts";
import { uploadFile } from "./upload.ts";

// The other end is a bare HTTP server that keeps parts and serves ranges; what is tested is how the client bears cuts and lies.
let folder: string;
let close: () => Promise<void>;
let server: Server;
let answer: http.RequestListener;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "amalgam transfers "));
  const listener = http.createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  server = { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`, token: "amg_test", tokenFrom: "--token" };
  close = async () => {
    listener.closeAllConnections();
    await new Promise((resolve) => listener.close(resolve));
  };
});

afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true });
});

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Serves `content` with ranges, but cuts each of the first `cuts` answers after `cutAfter` bytes. */
function serve(content: Buffer, { cuts = 0, cutAfter = 0 } = {}): string[] {
  const ranges: string[] = [];
  answer = (request, response) => {
    const range = request.headers.range ?? "";
    ranges.push(range);
    const start = Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
    response.writeHead(range ? 206 : 200, { "content-length": content.length - start });
    if (ranges.length > cuts) response.end(content.subarray(start));
    else response.write(content.subarray(start, start + cutAfter), () => setTimeout(() => response.destroy(), 30));
  };
  return ranges;
}

const remote = (content: Buffer, name = "model.safetensors") => ({
  path: name,
  sha256: sha256(content),
  sizeBytes: content.length,
  downloadPath: `/files/v/${name}`,
});

test("a download that is cut twice goes on from its last byte and is whole", async () => {
  const content = randomBytes(300_000);
  const ranges = serve(content, { cuts: 2, cutAfter: 100_000 });
  await downloadFiles(server, [remote(content)], folder);
  expect(readFileSync(path.join(folder, "model.safetensors")).equals(content)).toBe(true);
  // How much of a cut answer arrives is the network's affair; that nothing which arrived is asked for again is ours.
  const starts = ranges.map((range) => Number(/\d+/.exec(range)?.[0]));
  expect(starts).toHaveLength(3);
  expect(starts[0]).toBe(0);
  expect(starts[1]).toBeGreaterThan(0);
  expect(starts[2]).toBeGreaterThan(starts[1] ?? 0);
});

test("a later call uses what an earlier one left", async () => {
  const content = randomBytes(50_000);
  writeFileSync(path.join(folder, "model.safetensors.part"), content.subarray(0, 20_000));
  const ranges = serve(content);
  let counted = 0;
  await downloadFiles(server, [remote(content)], folder, { onBytes: (count) => (counted += count) });
  expect(ranges).toEqual(["bytes=20000-"]);
  expect(counted).toBe(50_000);
  expect(existsSync(path.join(folder, "model.safetensors.part"))).toBe(false);
});

test("bytes that do not match the digest are thrown away, and the file is named", async () => {
  const content = randomBytes(1000);
  serve(content);
  const wrong = { ...remote(content), sha256: sha256(Buffer.from("other")) };
  await expect(downloadFiles(server, [wrong], folder)).rejects.toThrow(
    /^model\.safetensors arrived with digest [0-9a-f]{64}, but the version says/,
  );
  expect(existsSync(path.join(folder, "model.safetensors"))).toBe(false);
  expect(existsSync(path.join(folder, "model.safetensors.part"))).toBe(false);
});

test("more bytes than announced are refused", async () => {
  const content = randomBytes(1000);
  serve(content);
  await expect(downloadFiles(server, [{ ...remote(content), sizeBytes: 10 }], folder)).rejects.toThrow("sends more bytes");
});

test.each(["../x", "a/../../x", "/etc/passwd", "a\\..\\b", "a//b", "", "./a", "nul\0"])(
  "the file name %j from a server is refused",
  (name) => {
    expect(() => safePath(name)).toThrow("Nothing was written");
  },
);

interface Received {
  parts: Map<number, Buffer>;
  puts: number;
}

/** Keeps parts of 100 bytes; cuts the connection on the first `cuts` PUTs. */
function keepParts(sizeBytes: number, { cuts = 0, there = [] as number[] } = {}): Received {
  const received: Received = { parts: new Map(there.map((index) => [index, Buffer.alloc(0)])), puts: 0 };
  const partCount = Math.ceil(sizeBytes / 100);
  answer = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === "/graphql") {
      const upload = {
        id: "up",
        sizeBytes: String(sizeBytes),
        partSizeBytes: 100,
        partCount,
        receivedParts: [...received.parts.keys()],
        complete: received.parts.size === partCount,
      };
      response.end(JSON.stringify({ data: { beginUpload: { __typename: "BeginUploadSuccess", upload } } }));
      return;
    }
    received.puts += 1;
    if (received.puts <= cuts) return void request.socket.destroy();
    received.parts.set(Number(/parts\/(\d+)$/.exec(request.url ?? "")?.[1]), Buffer.concat(chunks));
    response.writeHead(204).end();
  };
  return received;
}

async function hashed(content: Buffer) {
  const location = path.join(folder, "model.safetensors");
  writeFileSync(location, content);
  return hashFile(await localFile(location));
}

test("an upload survives cut connections and sends every byte once", async () => {
  const content = randomBytes(1234);
  const received = keepParts(content.length, { cuts: 3 });
  let sent = 0;
  await uploadFile(server, await hashed(content), { onBytes: (count) => (sent += count) });
  const whole = Buffer.concat([...received.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
  expect(whole.equals(content)).toBe(true);
  expect(sent).toBe(1234);
});

test("an upload that was begun before sends only what is missing", async () => {
  const content = randomBytes(1000);
  const received = keepParts(content.length, { there: [0, 1, 2, 5] });
  const counts = { there: 0, sent: 0 };
  await uploadFile(server, await hashed(content), {
    onBytes: (count, wasThere) => {
      counts[wasThere ? "there" : "sent"] += count;
    },
  });
  expect(received.puts).toBe(6);
  expect(counts).toEqual({ there: 400, sent: 600 });
});

test("a file that changes while it is sent is noticed", async () => {
  const content = randomBytes(1000);
  keepParts(content.length);
  const file = await hashed(content);
  writeFileSync(file.location, Buffer.concat([content, Buffer.from("more")]));
  await expect(uploadFile(server, file)).rejects.toThrow("changed while it was being sent");
});

test("a server that is away is named, with what to do", async () => {
  await close();
  await expect(execute(server, viewer, {}, { attempts: 1 })).rejects.toThrow(
    `No Amalgam server answers at ${server.url} (connection refused). Start one with amalgam up, or name another with --server.`,
  );
});

test("a wrong token and an address that is no Amalgam server are told apart", async () => {
  answer = (_, response) => response.writeHead(401).end(JSON.stringify({ code: "UNAUTHENTICATED", message: "no" }));
  await expect(execute(server, viewer, {})).rejects.toThrow("does not accept the access token from --token");
  answer = (_, response) =>
    response.end(JSON.stringify({ errors: [{ message: "no", extensions: { code: "UNAUTHENTICATED" } }] }));
  await expect(execute(server, viewer, {})).rejects.toThrow("does not accept the access token from --token");
  answer = (_, response) => response.writeHead(404).end("<html>nothing here</html>");
  await expect(execute(server, viewer, {})).rejects.toThrow("answers (HTTP 404), but not as an Amalgam server");
});

test("hidden files stay out, links are followed, pickles are named", async () => {
  const model = path.join(folder, "model");
  mkdirSync(path.join(model, ".git"), { recursive: true });
  writeFileSync(path.join(model, ".git/config"), "");
  writeFileSync(path.join(folder, "blob"), "weights");
  symlinkSync(path.join(folder, "blob"), path.join(model, "model.safetensors"));
  writeFileSync(path.join(model, "pytorch_model.bin"), "");
  writeFileSync(path.join(model, "plot.png"), "");
  writeFileSync(path.join(model, "config.json"), "{}");
  writeFileSync(path.join(model, "LICENSE"), "text");
  const { files, skipped } = await listFolder(model);
  expect(files.map((file) => [file.path, file.sizeBytes])).toEqual([
    ["LICENSE", 4],
    ["config.json", 2],
    ["model.safetensors", 7],
  ]);
  expect(skipped).toEqual(
    expect.arrayContaining([
      { path: "plot.png", reason: "not a kind of file that a version holds" },
      { path: "pytorch_model.bin", reason: "a pickle; Amalgam stores safetensors only" },
    ]),
  );
});

test("a folder without safetensors is refused, and a pickle in it is blamed", async () => {
  writeFileSync(path.join(folder, "pytorch_model.bin"), "");
  await expect(listFolder(folder)).rejects.toThrow("pytorch_model.bin is a pickle: convert it to safetensors first.");
  await expect(listFolder(path.join(folder, "none"))).rejects.toThrow("There is no folder");
});
