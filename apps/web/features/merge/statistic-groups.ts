/** A statistic of the pre-flight. */
export interface Needed {
  readonly ref: string;
  readonly lambda: number;
  readonly isMeasured: boolean;
  readonly seconds: number;
}

export interface StatisticGroup {
  readonly ref: string;
  readonly lambdas: readonly number[];
  readonly measured: number;
  readonly total: number;
  /** Of those that are missing */
  readonly seconds: number;
}

export const costOf = (statistics: readonly Pick<Needed, "seconds">[]): number =>
  statistics.reduce((sum, { seconds }) => sum + seconds, 0);

/** Statistics by the version that they are of, in the order in which these first come. */
export function groupsOf(statistics: readonly Needed[]): StatisticGroup[] {
  const refs = [...new Set(statistics.map(({ ref }) => ref))];
  return refs.map((ref) => {
    const own = statistics.filter((each) => each.ref === ref);
    return {
      ref,
      lambdas: own.map(({ lambda }) => lambda),
      measured: own.filter(({ isMeasured }) => isMeasured).length,
      total: own.length,
      seconds: costOf(own.filter(({ isMeasured }) => !isMeasured)),
    };
  });
}
