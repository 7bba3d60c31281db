import type { Request, RequestHandler, Response } from "express";
import type { Deps } from "../../deps.ts";
import type { Actor } from "./actor.ts";
import { authenticate } from "./authenticate.ts";

/** What pages and their scripts need before anybody has signed in; none of it tells anything of the registry. */
const isPublicAsset = (path: string) =>
  path === "/sign-in" || path.startsWith("/_next/static/") || /^\/(favicon\.ico|icon\.svg|robots\.txt)$/.test(path);

const actors = new WeakMap<Request, Actor>();

/** The one choke point: a request without a good token or session goes no further. */
export function requireActor(deps: Deps, cookieName: string, hasWeb: boolean): RequestHandler {
  return async (req, res, next) => {
    const actor = await authenticate(deps, { bearer: bearerOf(req), cookie: cookieOf(req, cookieName) });
    if (actor) {
      actors.set(req, actor);
      return next();
    }
    if (hasWeb && isRead(req) && isPublicAsset(req.path)) return next();
    return hasWeb && isRead(req) && wantsPage(req) ? toSignIn(req, res) : deny(req, res);
  };
}

export function actorOf(req: Request): Actor {
  const actor = actors.get(req);
  if (!actor) throw new Error("A route without requireActor asks who the caller is.");
  return actor;
}

const isRead = (req: Request) => req.method === "GET" || req.method === "HEAD";
const wantsPage = (req: Request) => !/^\/(graphql|uploads|files)(\/|$)/.test(req.path) && !req.headers.authorization;

function bearerOf(req: Request): string | undefined {
  const { authorization } = req.headers;
  // Any other scheme counts as a wrong token, not as none.
  return authorization === undefined ? undefined : (/^Bearer ([^\s]{1,200})$/i.exec(authorization)?.[1] ?? "");
}

export function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? "").split(/; */);
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

function toSignIn(req: Request, res: Response): void {
  res.redirect(303, req.path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(req.originalUrl.slice(0, 1000))}`);
}

function deny(req: Request, res: Response): void {
  const message = req.headers.authorization
    ? "The token is wrong, expired or revoked."
    : "Sign in, or send a token as Authorization: Bearer amg_….";
  res.status(401).set("www-authenticate", "Bearer");
  if (req.path === "/graphql") res.json({ errors: [{ message, extensions: { code: "UNAUTHENTICATED" } }] });
  else res.json({ code: "UNAUTHENTICATED", message });
}
