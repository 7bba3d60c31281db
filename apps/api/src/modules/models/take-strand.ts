import type { Prisma } from "../../generated/prisma/client.ts";

const slots = 8;

/** Gives a model the first free colour slot of its namespace; none when it has one already or all eight are taken. */
export async function takeStrand(tx: Prisma.TransactionClient, namespace: string, modelId: string): Promise<void> {
  // One at a time in a namespace, or two models would find the same slot free.
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`strand ${namespace}`}, 0))`;
  const taken = await tx.model.findMany({ where: { namespace, strand: { not: null } }, select: { id: true, strand: true } });
  if (taken.some(({ id }) => id === modelId)) return;
  for (let slot = 1; slot <= slots; slot++) {
    if (taken.some(({ strand }) => strand === slot)) continue;
    await tx.model.update({ where: { id: modelId }, data: { strand: slot } });
    return;
  }
}
