import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { type Stack, startStack } from "@amalgam/local";

const root = path.resolve(import.meta.dirname, "../..");

export interface TestStack extends Stack {
  readonly dataDir: string;
  /** What a part has written, for messages of failed tests: api, worker, web or postgres. */
  log(part: string): string;
}

/**
 * The whole product as a user runs it, from the build, on a free port and in a folder of its own that goes when it stops.
 * `web: false` leaves the dashboard out, which starts faster.
 */
export async function startTestStack({ web = true }: { web?: boolean } = {}): Promise<TestStack> {
  assertBuilt(web);
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "amalgam stack "));
  const lines: string[] = [];
  try {
    const stack = await startStack({ root, dataDir, port: 0, web, print: (line) => lines.push(line) });
    return {
      ...stack,
      dataDir,
      log: (part) => fs.readFileSync(path.join(dataDir, "logs", `${part}.log`), "utf8"),
      async stop() {
        await stack.stop();
        fs.rmSync(dataDir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    fs.rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** End-to-end tests run what was built; `npm test` builds first, a bare vitest does not. */
export function assertBuilt(web: boolean): void {
  const needed = ["apps/api/dist/main.js", ...(web ? ["apps/web/.next/BUILD_ID"] : [])];
  for (const file of needed)
    if (!fs.existsSync(path.join(root, file)))
      throw new Error(`${file} is missing: run npm run build before the end-to-end tests`);
}
