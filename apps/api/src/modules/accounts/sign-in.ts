import type { Deps } from "../../deps.ts";
import { authenticate } from "./authenticate.ts";
import { recordAuditEvent } from "./record-audit-event.ts";
import { hashSecret, newSecret } from "./secrets.ts";

const sessionDays = 30;

export interface SignedIn {
  readonly secret: string;
  readonly expiresAt: Date;
}

/** Exchanges a token for a session; null when the token is wrong. */
export async function signIn(deps: Deps, token: string): Promise<SignedIn | null> {
  const actor = await authenticate(deps, { bearer: token, cookie: undefined });
  if (!actor) {
    await recordAuditEvent(deps, null, { action: "signIn", outcome: "REFUSED" });
    return null;
  }
  const secret = newSecret();
  const now = deps.clock();
  const expiresAt = new Date(now.getTime() + sessionDays * 86_400_000);
  await deps.db.session.deleteMany({ where: { expiresAt: { lte: now } } });
  await deps.db.session.create({
    data: { accountId: actor.accountId, apiKeyId: actor.apiKeyId, secretHash: hashSecret(secret), expiresAt },
  });
  await recordAuditEvent(deps, actor, { action: "signIn", outcome: "DONE" });
  return { secret, expiresAt };
}

/** Ends the session behind the cookie. */
export async function signOut(deps: Deps, secret: string): Promise<void> {
  await deps.db.session.deleteMany({ where: { secretHash: hashSecret(secret) } });
}
