import { readdir } from "node:fs/promises";
import path from "node:path";
import { defineCommand } from "citty";
import { findVersion, pullInto } from "../client/pull-version.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { formatBytes, formatDigest, plural } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";

/** An existing folder is never written into, except an empty one. */
async function assertFree(folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error.code === "ENOTDIR" ? refusal("EXISTS", `${folder} is a file. Choose another folder.`, [folder]) : error;
  });
  if (entries.length > 0)
    throw refusal("EXISTS", `${folder} exists already and is not empty. Choose another folder, or remove it.`, [folder]);
}

export const pull = defineCommand({
  meta: { name: "pull", description: "Download a version into a new folder" },
  args: {
    ref: { type: "positional", required: true, description: "namespace/name, namespace/name@3 or namespace/name@alias" },
    dir: { type: "positional", required: true, description: "Folder to make", valueHint: "folder" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    parseRef(args.ref);
    const folder = path.resolve(args.dir);
    await assertFree(folder);
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const version = await findVersion(server, args.ref);
    const stopped = "Stopped. What arrived is kept beside the folder: run the same command again to go on.";
    await interruptible((signal) => pullInto(server, version, folder, signal), stopped);
    if (args.json === true) return printJson({ ...version, folder });
    print(
      `${version.ref}  ${plural(version.files.length, "file")}, ${formatBytes(version.sizeBytes)}, digest ${formatDigest(version.digest)}`,
    );
    print(`in ${folder}`);
  },
});
