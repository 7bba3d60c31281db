import type { Deps } from "../../deps.ts";
import { hashSecret } from "./secrets.ts";

/** The account and the key of the local stack. A changed token adds a key; the old one is revoked. */
export async function ensureBootstrapKey(deps: Deps, token: string): Promise<void> {
  const account = await deps.db.account.upsert({ where: { name: "local" }, create: { name: "local" }, update: {} });
  const tokenHash = hashSecret(token);
  await deps.db.apiKey.updateMany({
    where: { accountId: account.id, label: "bootstrap", tokenHash: { not: tokenHash }, revokedAt: null },
    data: { revokedAt: deps.clock() },
  });
  await deps.db.apiKey.upsert({
    where: { tokenHash },
    create: { accountId: account.id, label: "bootstrap", tokenHash, prefix: token.slice(0, 8), scopes: ["read", "write"] },
    update: { revokedAt: null },
  });
}
