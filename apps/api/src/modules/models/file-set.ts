import type { Fault } from "@amalgam/engine/merge";
import { z } from "zod";
import type { VersionKind } from "../../generated/prisma/client.ts";
import { sha256Schema } from "../names.ts";
import { fault, refuseAll } from "../refuse.ts";
import { filePathSchema } from "./file-path.ts";

export const fileInputSchema = z.object({
  path: filePathSchema,
  sha256: sha256Schema,
  sizeBytes: z.bigint().min(0n, "A size is not negative."),
});

export interface FileInput {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: bigint;
}

/** What the names alone tell about a set of files. */
export function checkFileSet(files: readonly FileInput[], kind: VersionKind): void {
  const faults: Fault[] = [];
  const seen = new Set<string>();
  files.forEach(({ path }, i) => {
    const folded = path.toLowerCase();
    if (seen.has(folded))
      faults.push(
        fault("DUPLICATE_FILE", `${path} is listed twice (names that differ only in case count as one).`, ["files", i, "path"]),
      );
    seen.add(folded);
  });
  const wanted =
    kind === "ADAPTER"
      ? ["adapter_model.safetensors", "model.safetensors"]
      : ["model.safetensors", "model.safetensors.index.json"];
  if (!files.some(({ path }) => wanted.includes(path)))
    faults.push(fault("NO_WEIGHTS", `The files have neither ${wanted.join(" nor ")}.`, ["files"]));
  refuseAll(faults);
}
