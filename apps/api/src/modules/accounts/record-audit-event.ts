import type { Deps } from "../../deps.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Actor } from "./actor.ts";

export interface AuditEntry {
  readonly action: string;
  readonly outcome: "DONE" | "REFUSED" | "ERROR";
  readonly subject?: string;
  readonly detail?: Prisma.InputJsonValue;
}

export async function recordAuditEvent(deps: Deps, actor: Actor | null, entry: AuditEntry): Promise<void> {
  await deps.db.auditEvent.create({ data: { at: deps.clock(), accountId: actor?.accountId ?? null, ...entry } });
}
