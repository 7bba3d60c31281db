import { availableMemory, forecastMemory, memoryText } from "../evaluate/memory-forecast.ts";

export interface LaboratoryPlan {
  readonly base: string;
  /** Folders of the experts. */
  readonly experts: readonly string[];
  /** Number of λ at which Fisher information is kept of each expert; 0 for none. */
  readonly points: number;
  /** Task vectors are trimmed, so two of each are held. */
  readonly isTrimmed?: boolean;
}

/** Bytes by what they are for; the sum is the most that is held at one time. */
export interface LaboratoryForecast {
  /** Base, and of each expert its network, its weights as they were and its task vector. */
  readonly modelBytes: number;
  readonly fisherBytes: number;
  /** What one measurement or one merge holds beside these, with one batch. */
  readonly workBytes: number;
  readonly totalBytes: number;
}

/**
 * Memory of a search in a laboratory, from headers alone. In units of the trunk's F32 weights, for M experts and G points:
 *   models 1 + 3M (4M when trimmed)      Fisher information G·M      work max(2, 2 + M when G > 1)
 * A measurement has sums in f64; a merge interpolates the information of every expert, and makes one trunk while the one before is still there.
 * @throws Error that names a folder without weights
 */
export async function forecastLaboratory({ base, experts, points, isTrimmed }: LaboratoryPlan): Promise<LaboratoryForecast> {
  const forecasts = await Promise.all(experts.map((folder) => forecastMemory([folder], { rows: ROWS })));
  const activationBytes = Math.max(0, ...forecasts.map((each) => each.activationBytes));
  const expertBytes = forecasts.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  const first = forecasts[0]?.weightBytes ?? 0;
  // A base may come with a language head, which no trunk has.
  const baseBytes = Math.min(first, (await forecastMemory([base], { rows: ROWS })).weightBytes);
  const modelBytes = baseBytes + expertBytes * (isTrimmed === true ? 4 : 3);
  const fisherBytes = points * expertBytes;
  const workBytes = 2 * baseBytes + (points > 1 ? expertBytes : 0) + activationBytes;
  return { modelBytes, fisherBytes, workBytes, totalBytes: modelBytes + fisherBytes + workBytes };
}

/** Throws an Error that says what is needed, what there is and what needs less, when memory will not do. Reads headers, no weights. */
export async function checkLaboratory(plan: LaboratoryPlan, availableBytes = availableMemory()): Promise<void> {
  const { modelBytes, fisherBytes, workBytes, totalBytes } = await forecastLaboratory(plan);
  if (totalBytes <= availableBytes) return;
  const { experts, points } = plan;
  const parts = [
    `base and ${experts.length} experts with their task vectors ${memoryText(modelBytes)}`,
    ...(points === 0 ? [] : [`Fisher information of each at ${points} λ ${memoryText(fisherBytes)}`]),
    `one merge ${memoryText(workBytes)}`,
  ];
  throw new Error(
    `The search holds base, experts and Fisher information in memory: about ${memoryText(totalBytes)} (${parts.join(", ")}); ` +
      `${memoryText(availableBytes)} may be used. ${await advice(plan, availableBytes)}`,
  );
}

/** The most λ that fit, when at least two do; else the way that keeps statistics on disk. */
async function advice(plan: LaboratoryPlan, availableBytes: number): Promise<string> {
  for (let points = plan.points - 1; points > 1; points--) {
    const { totalBytes } = await forecastLaboratory({ ...plan, points });
    if (totalBytes <= availableBytes) return `With a grid of ${points} λ it needs ${memoryText(totalBytes)}.`;
  }
  return (
    "Take fewer experts or a larger machine; or measure each expert with amalgam statistics fisher --base --lambda and merge " +
    "with amalgam merge, which reads statistics from disk."
  );
}

/** Tokens of one batch, as for statistics. */
const ROWS = 2048;
