import { pipeline } from "node:stream/promises";
import { Router } from "express";
import type { Deps } from "../../deps.ts";
import type { File } from "../../generated/prisma/client.ts";
import { decodeIdOf } from "../../graphql/global-id.ts";
import { blobKey } from "../../platform/object-store.ts";
import type { Actor } from "../accounts/actor.ts";
import { actorOf } from "../accounts/require-actor.ts";
import { findStatisticFile } from "../statistics/statistic-file.ts";
import { parseRange } from "./byte-range.ts";
import { findFile } from "./find-file.ts";

/** Files of versions, and of statistics, with ranges and digests as entity tags. The bytes behind an address never change. */
export function downloadRoutes(deps: Deps): Router {
  const router = Router();
  router.get("/files/:id/*path", async (req, res) => {
    const file = await fileBehind(deps, actorOf(req), { id: req.params.id, path: req.params.path.join("/") });
    if (!file) return res.status(404).json({ code: "NOT_FOUND", message: "There is no such file here." });
    const etag = `"${file.sha256}"`;
    const size = Number(file.sizeBytes);
    res.set({
      etag,
      "accept-ranges": "bytes",
      "cache-control": "private, max-age=31536000, immutable",
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="${file.path.split("/").at(-1)}"`,
      // What strangers uploaded must never run as a page of ours.
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
    });
    if (req.headers["if-none-match"]?.split(/, */).includes(etag)) return res.status(304).end();
    const mayRange = req.headers["if-range"] === undefined || req.headers["if-range"] === etag;
    const range = parseRange(mayRange ? req.headers.range : undefined, size);
    if (range === "unsatisfiable") return res.status(416).set("content-range", `bytes */${size}`).end();
    const { start, end } = range ?? { start: 0, end: size };
    if (range) res.status(206).set("content-range", `bytes ${start}-${end - 1}/${size}`);
    res.set("content-length", String(end - start));
    if (req.method === "HEAD" || end === start) return res.end();
    await pipeline(deps.store.get(blobKey(file.sha256), { start, end }), res).catch((error: NodeJS.ErrnoException) => {
      // Half an answer cannot be taken back; the length tells the caller.
      if (error.code !== "ERR_STREAM_PREMATURE_CLOSE") deps.log.warn({ err: error, sha256: file.sha256 }, "a download broke off");
      res.destroy();
    });
    return undefined;
  });
  return router;
}

type Downloaded = Pick<File, "path" | "sha256" | "sizeBytes">;

/** By the id of a version or of a statistic; null for any other. */
async function fileBehind(deps: Deps, actor: Actor, wanted: { id: string; path: string }): Promise<Downloaded | null> {
  const versionId = idOf("ModelVersion", wanted.id);
  if (versionId !== null) return findFile(deps, actor, { versionId, path: wanted.path });
  const statisticId = idOf("Statistic", wanted.id);
  return statisticId === null ? null : findStatisticFile(deps, actor, { statisticId, path: wanted.path });
}

function idOf(typename: string, globalId: string): string | null {
  try {
    return decodeIdOf(typename, globalId);
  } catch {
    return null;
  }
}
