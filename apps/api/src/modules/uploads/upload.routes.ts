import { type Request, type Response, Router } from "express";
import type { Deps } from "../../deps.ts";
import { decodeIdOf } from "../../graphql/global-id.ts";
import { SizeMismatchError, StoreFullError } from "../../platform/object-store.ts";
import { actorOf } from "../accounts/require-actor.ts";
import { type PartRefusal, receivePart } from "./receive-part.ts";

/** Parts of uploads; `uploadId` is the id that beginUpload gave. */
export function uploadRoutes(deps: Deps): Router {
  const router = Router();
  router.put("/uploads/:uploadId/parts/:number", async (req, res) => {
    const { uploadId, number } = req.params;
    const id = uploadIdOf(uploadId);
    if (id === null || !/^\d{1,6}$/.test(number))
      return refuse(req, res, { status: 404, code: "NO_UPLOAD", message: "There is no such upload." });
    const length = req.headers["content-length"];
    const lengthBytes = length === undefined ? undefined : Number(length);
    // Left open when it is not read to its end, so that the reason can still be told.
    const body = req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    try {
      const refusal = await receivePart(deps, actorOf(req), { uploadId: id, number: Number(number), lengthBytes, body });
      return refusal ? refuse(req, res, refusal) : res.status(204).end();
    } catch (error) {
      if (req.destroyed && !req.complete) return res.destroy(); // the caller went away half-way; nothing was stored
      if (error instanceof SizeMismatchError) return refuse(req, res, { status: 400, code: "PART_SIZE", message: error.message });
      if (error instanceof StoreFullError) return refuse(req, res, { status: 507, code: "STORE_FULL", message: error.message });
      throw error;
    }
  });
  return router;
}

type Refusal = Omit<PartRefusal, "status"> & { readonly status: number };

/** A caller that is still sending does not hear an answer before it has sent all; a part is short enough for that. */
const drainLimitBytes = 64 * 1024 * 1024;

function refuse(req: Request, res: Response, { status, code, message }: Refusal): Response {
  if (Number(req.headers["content-length"] ?? Number.POSITIVE_INFINITY) <= drainLimitBytes) req.resume();
  return res.status(status).set("connection", "close").json({ code, message });
}

function uploadIdOf(globalId: string): string | null {
  try {
    return decodeIdOf("Upload", globalId);
  } catch {
    return null;
  }
}
