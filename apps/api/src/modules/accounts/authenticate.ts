import type { Deps } from "../../deps.ts";
import type { Actor } from "./actor.ts";
import { hashSecret } from "./secrets.ts";

const touchEveryMs = 60_000;

/** The actor behind a bearer token or a session cookie; null when there is none or it is not good any more. */
export async function authenticate(
  deps: Deps,
  given: { bearer: string | undefined; cookie: string | undefined },
): Promise<Actor | null> {
  // A token that was sent decides alone: a wrong one is not excused by a cookie.
  if (given.bearer !== undefined) return byToken(deps, given.bearer);
  return given.cookie === undefined ? null : bySession(deps, given.cookie);
}

async function byToken(deps: Deps, token: string): Promise<Actor | null> {
  const key = await deps.db.apiKey.findUnique({ where: { tokenHash: hashSecret(token) }, include: { account: true } });
  if (!key || !isUsable(key, deps.clock())) return null;
  await touch(deps, key);
  return { accountId: key.accountId, name: key.account.name, apiKeyId: key.id, scopes: key.scopes };
}

async function bySession(deps: Deps, secret: string): Promise<Actor | null> {
  const session = await deps.db.session.findUnique({
    where: { secretHash: hashSecret(secret) },
    include: { account: true, apiKey: true },
  });
  const now = deps.clock();
  if (!session || session.expiresAt <= now || !isUsable(session.apiKey, now)) return null;
  await touch(deps, session.apiKey);
  return { accountId: session.accountId, name: session.account.name, apiKeyId: session.apiKeyId, scopes: session.apiKey.scopes };
}

interface KeyTimes {
  readonly id: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

function isUsable(key: KeyTimes, now: Date): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now);
}

/** A write at most once a minute, so that reading stays cheap. */
async function touch(deps: Deps, key: KeyTimes): Promise<void> {
  const now = deps.clock();
  if (key.lastUsedAt && now.getTime() - key.lastUsedAt.getTime() < touchEveryMs) return;
  await deps.db.apiKey.update({ where: { id: key.id }, data: { lastUsedAt: now } });
}
