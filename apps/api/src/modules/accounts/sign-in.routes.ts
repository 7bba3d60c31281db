import express, { type Response, Router } from "express";
import type { Deps } from "../../deps.ts";
import { cookieOf } from "./require-actor.ts";
import { signIn, signOut } from "./sign-in.ts";

/** Turns a token into a session cookie, by link or by form. */
export function signInRoutes(deps: Deps, cookieName: string): Router {
  const router = Router();
  const cookie = { httpOnly: true, sameSite: "lax", path: "/" } as const;

  async function enter(res: Response, token: string): Promise<boolean> {
    const session = await signIn(deps, token.slice(0, 200));
    if (session) res.cookie(cookieName, session.secret, { ...cookie, expires: session.expiresAt });
    return session !== null;
  }

  router.get("/sign-in", async (req, res, next) => {
    const { token } = req.query;
    if (typeof token !== "string") return next();
    // The token must not stay in a Referer header.
    res.set("referrer-policy", "no-referrer");
    if (await enter(res, token)) return res.redirect(303, safeNext(req.query["next"]));
    return res.redirect(303, wrongToken(req.query["next"]));
  });

  router.post(
    "/sign-in",
    express.urlencoded({ extended: false, limit: "8kb" }),
    express.json({ limit: "8kb" }),
    async (req, res) => {
      const body = (req.body ?? {}) as Record<string, unknown>;
      const isForm = req.is("application/x-www-form-urlencoded") !== false;
      const isEntered = typeof body["token"] === "string" && (await enter(res, body["token"].trim()));
      if (isForm) return res.redirect(303, isEntered ? safeNext(body["next"]) : wrongToken(body["next"]));
      if (isEntered) return res.json({ ok: true });
      return res.status(401).json({ code: "UNAUTHENTICATED", message: "The token is wrong, expired or revoked." });
    },
  );

  router.post("/sign-out", async (req, res) => {
    const secret = cookieOf(req, cookieName);
    if (secret !== undefined) await signOut(deps, secret);
    res.clearCookie(cookieName, cookie).redirect(303, "/sign-in");
  });
  return router;
}

/** A second try leads to the same page. */
function wrongToken(next: unknown): string {
  const page = safeNext(next);
  return `/sign-in?wrong=1${page === "/" ? "" : `&next=${encodeURIComponent(page)}`}`;
}

/** Only a path of our own: never another host. */
function safeNext(next: unknown): string {
  return typeof next === "string" && /^\/(?![/\\])[\w./?=&%@:+,~-]*$/.test(next) ? next : "/";
}
