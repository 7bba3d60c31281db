import type { Prisma, RunState } from "../../generated/prisma/client.ts";

/**
 * The life of a run:
 *
 *   QUEUED ──▶ RUNNING ──▶ SUCCEEDED
 *     │ ▲        │ │ │
 *     │ └────────┘ │ └───▶ FAILED ──▶ QUEUED (retry)
 *     │  (released)▼
 *     │      CANCELLING ──▶ CANCELLED ──▶ QUEUED (retry)
 *     └────────────────────▶┘
 *
 * RUNNING → RUNNING is another worker taking over from one that died. Whoever holds the lease may write; taking over
 * changes it. Nothing else writes `state`.
 */
export const moves: Readonly<Record<RunState, readonly RunState[]>> = {
  QUEUED: ["RUNNING", "CANCELLED"],
  RUNNING: ["RUNNING", "QUEUED", "CANCELLING", "SUCCEEDED", "FAILED"],
  CANCELLING: ["CANCELLED"],
  SUCCEEDED: [],
  FAILED: ["QUEUED"],
  CANCELLED: ["QUEUED"],
};

export const isTerminal = (state: RunState): boolean => state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";

export interface Move {
  readonly id: string;
  readonly to: RunState;
  /** States it may leave; all that may reach `to` when not given. */
  readonly from?: readonly RunState[];
  /** When given, only the holder of this lease moves the run. */
  readonly lease?: string;
  readonly now: Date;
}

type RunFields = Omit<Prisma.RunUncheckedUpdateManyInput, "state" | "finishedAt">;

/** Moves a run in one guarded update; false when it was not in a state, or under a lease, from which it may go there. */
export async function moveRun(db: Prisma.TransactionClient, move: Move, fields: RunFields = {}): Promise<boolean> {
  const { id, to, lease, now } = move;
  const allowed = (Object.keys(moves) as RunState[]).filter((state) => moves[state].includes(to));
  const from = move.from === undefined ? allowed : allowed.filter((state) => move.from?.includes(state));
  const { count } = await db.run.updateMany({
    where: { id, state: { in: from }, ...(lease === undefined ? {} : { lease }) },
    data: { ...fieldsOf(to), ...fields, state: to, finishedAt: isTerminal(to) ? now : null },
  });
  if (count === 1) await db.$executeRaw`select pg_notify('run', ${id})`;
  return count === 1;
}

/** What the state says about the other columns; the database checks the same. */
function fieldsOf(to: RunState): RunFields {
  const none = { failureCode: null, failureMessage: null, failurePath: [] };
  if (to === "QUEUED")
    return { ...none, lease: null, heartbeatAt: null, stage: null, progress: 0, bytesPerSecond: null, secondsLeft: null };
  if (to === "RUNNING") return none;
  if (to === "CANCELLING") return {};
  if (to === "SUCCEEDED") return { ...none, lease: null, progress: 1, stage: null, secondsLeft: null };
  return { lease: null, stage: null, secondsLeft: null, bytesPerSecond: null };
}
