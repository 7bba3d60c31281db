import path from "node:path";
import { defineCommand } from "citty";
import { listFolder } from "../client/local-files.ts";
import { type VersionKind, versionKinds } from "../client/operations.ts";
import { type PushResult, type PushStage, pushVersion } from "../client/push-version.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { UsageError } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { formatBytes, formatDigest, formatParameters, plural, printable } from "../terminal/format.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { type Progress, startProgress } from "../terminal/progress.ts";

/** MERGED is missing: those versions come from `amalgam request`, with their lineage. */
const kinds = versionKinds.filter((kind) => kind !== "MERGED");
const kindNames = kinds.map((kind) => kind.toLowerCase().replace("_", "-"));

function kindFrom(text: string | undefined, hasBase: boolean): VersionKind {
  if (text === undefined) return hasBase ? "FINE_TUNED" : "BASE";
  const kind = kinds.find((each) => each === text.toUpperCase().replaceAll("-", "_"));
  if (!kind) throw new UsageError(`--kind takes ${kindNames.join(", ")}; not ${printable(text, 40)}.`);
  return kind;
}

const maxNotes = 8;

const labels: Readonly<Record<PushStage, string>> = { hash: "Hashing", upload: "Uploading", verify: "Verifying" };

/** One bar a stage; the last line of each stays. */
function stagedProgress(): {
  onProgress: (stage: PushStage, done: number, total: number, stored: number) => void;
  finish: () => void;
} {
  let current: PushStage | null = null;
  let bar: Progress | null = null;
  let summary = "";
  const finish = (): void => bar?.finish(summary);
  return {
    onProgress(stage, done, total, stored) {
      if (stage !== current) {
        finish();
        current = stage;
        bar = startProgress(labels[stage], { unit: stage === "verify" ? "none" : "bytes" });
      }
      if (stage === "hash") summary = `Hashed ${formatBytes(total)}`;
      if (stage === "upload")
        summary =
          stored === total
            ? "The store has every byte already"
            : `Uploaded ${formatBytes(total - stored)}, ${formatBytes(stored)} were there`;
      if (stage === "verify") summary = "Verified";
      bar?.update({ done, total });
    },
    finish,
  };
}

export const push = defineCommand({
  meta: { name: "push", description: "Register a checkpoint folder as the next version of a model" },
  args: {
    dir: {
      type: "positional",
      required: true,
      description: "Folder with config.json and safetensors files",
      valueHint: "folder",
    },
    as: {
      type: "string",
      required: true,
      valueHint: "ns/name[@alias]",
      description: "Model to register under, and an alias to set",
    },
    base: { type: "string", valueHint: "ref", description: "Version that this one was fine-tuned from" },
    kind: { type: "string", valueHint: kindNames.join("|"), description: "Default: fine-tuned with --base, else base" },
    licence: { type: "string", valueHint: "id", description: "Licence of the weights, such as apache-2.0" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const target = parseRef(args.as, "--as");
    const kind = kindFrom(args.kind, args.base !== undefined);
    if (args.base !== undefined) parseRef(args.base, "--base");
    const { files, skipped } = await listFolder(path.resolve(args.dir));
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    for (const each of skipped.slice(0, maxNotes)) note(`${printable(each.path)} is left out: ${each.reason}.`);
    if (skipped.length > maxNotes) note(`${plural(skipped.length - maxNotes, "more file")} left out.`);
    const { onProgress, finish } = stagedProgress();
    const input = {
      namespace: target.namespace,
      name: target.name,
      kind,
      ...(args.base === undefined ? {} : { base: args.base }),
      ...(args.licence === undefined ? {} : { licence: args.licence }),
      ...(target.selector === null ? {} : { aliases: [target.selector] }),
    };
    const stopped = "Stopped. The parts that arrived are kept: run the same command again to go on.";
    const result = await interruptible((signal) => pushVersion(server, files, input, { signal, onProgress }), stopped);
    finish();
    show(result, args.json === true);
  },
});

function show({ version, created, sentBytes }: PushResult, json: boolean): void {
  if (json) {
    printJson({ ...version, created, sentBytes });
    return;
  }
  const facts = [
    `${formatParameters(version.parameterCount)} parameters`,
    formatBytes(version.sizeBytes),
    `digest ${formatDigest(version.digest)}`,
  ];
  print(`${version.ref}  ${created ? "ready" : "was registered before, same bytes"}`);
  print(facts.join("  "));
  if (version.aliases.length > 0) print(`aliases ${version.aliases.map((alias) => printable(alias)).join(", ")}`);
}
