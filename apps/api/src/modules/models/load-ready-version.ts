import type { Deps } from "../../deps.ts";
import { refuse } from "../refuse.ts";
import { findByRef, formatRef, type VersionWithModel } from "./version-ref.ts";

export type ReadyVersion = VersionWithModel & { readonly digest: string };

/** The version behind a ref, refused unless its bytes are verified. `path` locates the ref in the caller's input. */
export async function loadReadyVersion(deps: Deps, ref: string, path: readonly (string | number)[]): Promise<ReadyVersion> {
  const version = await findByRef(deps, ref);
  if (!version)
    refuse("NOT_FOUND", `There is no version ${JSON.stringify(ref.slice(0, 200))}. Write it as namespace/name@number.`, path);
  const { state, digest } = version;
  if (state === "REJECTED") refuse("VERSION_REJECTED", `${formatRef(version)} was rejected: ${version.rejectionMessage}`, path);
  if (state !== "READY" || digest === null)
    refuse(
      "VERSION_NOT_READY",
      `${formatRef(version)} is not ready yet: its files are still being verified. Wait for its run to end.`,
      path,
    );
  return { ...version, digest };
}
