import { Router } from "express";
import type { Deps } from "../../deps.ts";
import { decodeIdOf } from "../../graphql/global-id.ts";
import { SizeMismatchError } from "../../platform/object-store.ts";
import { actorOf } from "../accounts/require-actor.ts";
import { receivePart } from "./receive-part.ts";

/** Parts of uploads; `uploadId` is the id that beginUpload gave. */
export function uploadRoutes(deps: Deps): Router {
  const router = Router();
  router.put("/uploads/:uploadId/parts/:number", async (req, res) => {
    const { uploadId, number } = req.params;
    const lengthBytes = req.headers["content-length"] === undefined ? undefined : Number(req.headers["content-length"]);
    const id = uploadIdOf(uploadId);
    if (id === null || !/^\d{1,6}$/.test(number))
      return res.status(404).json({ code: "NO_UPLOAD", message: "There is no such upload." });
    try {
      const refusal = await receivePart(deps, actorOf(req), { uploadId: id, number: Number(number), lengthBytes, body: req });
      if (!refusal) return res.status(204).end();
      // The body was not read: the connection cannot be used again.
      return res.status(refusal.status).set("connection", "close").json({ code: refusal.code, message: refusal.message });
    } catch (error) {
      if (req.destroyed && !req.complete) return res.destroy(); // the caller went away half-way; nothing was stored
      if (error instanceof SizeMismatchError) return res.status(400).json({ code: "PART_SIZE", message: error.message });
      throw error;
    }
  });
  return router;
}

function uploadIdOf(globalId: string): string | null {
  try {
    return decodeIdOf("Upload", globalId);
  } catch {
    return null;
  }
}
