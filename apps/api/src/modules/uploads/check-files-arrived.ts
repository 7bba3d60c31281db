import type { Fault } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Actor } from "../accounts/actor.ts";
import { fault, refuseAll } from "../refuse.ts";

interface Wanted {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: bigint;
}

/** Refuses files whose bytes are neither stored nor completely uploaded by this account. Two queries, whatever the count. */
export async function checkFilesArrived(deps: Deps, actor: Actor, files: readonly Wanted[]): Promise<void> {
  const digests = [...new Set(files.map(({ sha256 }) => sha256))];
  const blobs = await deps.db.blob.findMany({ where: { sha256: { in: digests } }, select: { sha256: true, sizeBytes: true } });
  const uploads = await deps.db.upload.findMany({
    where: { accountId: actor.accountId, sha256: { in: digests } },
    include: { _count: { select: { parts: true } } },
  });
  const faults: Fault[] = [];
  files.forEach(({ path, sha256, sizeBytes }, i) => {
    const blob = blobs.find((each) => each.sha256 === sha256);
    if (blob) {
      if (blob.sizeBytes !== sizeBytes)
        faults.push(
          fault("SIZE_MISMATCH", `${path}: these bytes are ${blob.sizeBytes} long, not ${sizeBytes}.`, ["files", i, "sizeBytes"]),
        );
      return;
    }
    const upload = uploads.find((each) => each.sha256 === sha256 && each.sizeBytes === sizeBytes);
    if (!upload)
      faults.push(fault("NOT_UPLOADED", `${path} has not been uploaded. Begin an upload of its bytes first.`, ["files", i]));
    else if (upload._count.parts < upload.partCount)
      faults.push(
        fault("UPLOAD_INCOMPLETE", `${path}: ${upload._count.parts} of ${upload.partCount} parts have arrived. Send the rest.`, [
          "files",
          i,
        ]),
      );
  });
  refuseAll(faults);
}
