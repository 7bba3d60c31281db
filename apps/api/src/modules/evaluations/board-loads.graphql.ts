import type { GraphQLResolveInfo } from "graphql";
import type { Deps } from "../../deps.ts";
import type { Evaluation, ModelVersion, SplitPurpose, Task } from "../../generated/prisma/client.ts";
import { LoadsTogether } from "../../graphql/loads-together.ts";
import { type LooseInterval, normalisedMeans } from "./board-differences.ts";
import type { Board, Row } from "./leaderboard.ts";
import { ranksOf } from "./load-board.ts";

export interface RowView {
  readonly row: Row;
  readonly isKept: boolean;
  readonly loads: BoardLoads;
}

/** What the rows of one answer share: each thing is loaded or worked out once, and only when a field asks for it. */
export interface BoardLoads {
  readonly board: Board;
  readonly purpose: SplitPurpose;
  ranks(): Promise<ReadonlyMap<string, number>>;
  normalised(): Promise<ReadonlyMap<string, LooseInterval>>;
  ratioOf(evaluationId: string, task: number): number | null;
  // A selection that Pothos made for the field: its type is known only where it is used.
  task(query: object, task: number, info: GraphQLResolveInfo): Promise<Task>;
  version(query: object, id: string, info: GraphQLResolveInfo): Promise<ModelVersion | null>;
  evaluation(query: object, id: string, info: GraphQLResolveInfo): Promise<Evaluation | null>;
}

export function loadsOf(
  deps: Deps,
  { board, purpose }: { board: Board; purpose: SplitPurpose },
  rows: readonly Row[],
): BoardLoads {
  const together = new LoadsTogether();
  const taskIds = board.tasks.map(({ id }) => id);
  let normalised: Promise<ReadonlyMap<string, LooseInterval>> | undefined;
  let ratios: Map<string, number | null> | undefined;
  return {
    board,
    purpose,
    ranks: () => ranksOf(deps, board),
    normalised: () => (normalised ??= normalisedMeans(deps, board, rows)),
    ratioOf(evaluationId, task) {
      ratios ??= new Map(
        rows.flatMap((row) => row.scores.map((score, i) => [`${score?.evaluationId} ${i}`, row.ratios[i] ?? null])),
      );
      return ratios.get(`${evaluationId} ${task}`) ?? null;
    },
    async task(query, task, info) {
      const id = taskIds[task] ?? "";
      const found = await together.get(info, () => deps.db.task.findMany({ ...query, where: { id: { in: taskIds } } }));
      return found.get(id) ?? deps.db.task.findUniqueOrThrow({ ...query, where: { id } });
    },
    async version(query, id, info) {
      const ids = rows.flatMap(({ versionId }) => versionId ?? []);
      const found = await together.get(info, () => deps.db.modelVersion.findMany({ ...query, where: { id: { in: ids } } }));
      return found.get(id) ?? null;
    },
    async evaluation(query, id, info) {
      const ids = rows.flatMap(({ scores }) => scores.flatMap((score) => score?.evaluationId ?? []));
      const found = await together.get(info, () => deps.db.evaluation.findMany({ ...query, where: { id: { in: ids } } }));
      return found.get(id) ?? null;
    },
  };
}
