import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLocalStore } from "./local-store.ts";
import { StoreFullError } from "./object-store.ts";

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam-local-store-"));
});

afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const filesIn = (dir: string) =>
  fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

/** Mounting needs root and a kernel that lets us. */
function mountSmallDisk(at: string): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", at], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("a full disk is named, leaves nothing behind, and the store works on when there is room again", async ({ skip }) => {
  if (!mountSmallDisk(folder)) return skip("mounting a small disk needs root on Linux");
  try {
    const store = createLocalStore(folder);
    await store.put("uploads/small/0", Buffer.alloc(2 ** 20), 2 ** 20);
    const full = store.put("uploads/large/0", Buffer.alloc(8 * 2 ** 20), 8 * 2 ** 20);
    await expect(full).rejects.toThrow(StoreFullError);
    await expect(full).rejects.toThrow(`The object store at ${folder} is full`);
    expect(filesIn(folder)).toEqual(["0"]);
    await store.put("uploads/other/0", Buffer.alloc(2 ** 20), 2 ** 20);
    expect(await store.stat("uploads/other/0")).toEqual({ sizeBytes: 2 ** 20 });
  } finally {
    execFileSync("umount", [folder]);
  }
});

test("a writer killed with -9 leaves no object, and its remains go after a day", async () => {
  const program = path.join(folder, "writer.mts");
  const dir = path.join(folder, "store");
  fs.writeFileSync(
    program,
    `import { createLocalStore } from ${JSON.stringify(path.join(import.meta.dirname, "local-store.ts"))};
    async function* endless() {
      for (;;) {
        yield Buffer.alloc(100_000, 7);
        process.stdout.write(".");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await createLocalStore(${JSON.stringify(dir)}).put("uploads/cut/0", endless(), 1e12);`,
  );
  const writer = spawn(process.execPath, ["--import", "tsx", program], {
    cwd: path.resolve(import.meta.dirname, "../../../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  await new Promise((resolve) => writer.stdout.once("data", resolve));
  writer.kill("SIGKILL");
  await new Promise((resolve) => writer.once("exit", resolve));
  const store = createLocalStore(dir);
  expect(await store.stat("uploads/cut/0")).toBeNull();
  const [remains, ...more] = filesIn(dir);
  expect(more).toEqual([]);
  const yesterday = new Date(Date.now() - 25 * 3600_000);
  fs.utimesSync(path.join(dir, ".staging", remains ?? ""), yesterday, yesterday);
  await createLocalStore(dir).check();
  expect(filesIn(dir)).toEqual([]);
});

test("an object's file can be read where it is, and not be written to", async () => {
  const store = createLocalStore(folder);
  await store.put("uploads/mine/0", Buffer.from("abc"), 3);
  const file = store.localPath("uploads/mine/0") ?? "";
  expect(fs.readFileSync(file, "utf8")).toBe("abc");
  expect(fs.statSync(file).mode & 0o222).toBe(0);
});

test("a file on another disk is copied", async ({ skip }) => {
  const disk = path.join(folder, "disk");
  fs.mkdirSync(disk);
  if (!mountSmallDisk(disk)) return skip("mounting a small disk needs root on Linux");
  try {
    fs.writeFileSync(path.join(disk, "result"), "merged");
    const store = createLocalStore(path.join(folder, "store"));
    await store.putFile("uploads/copied/0", path.join(disk, "result"));
    expect(fs.readFileSync(store.localPath("uploads/copied/0") ?? "", "utf8")).toBe("merged");
  } finally {
    execFileSync("umount", [disk]);
  }
});
