import clsx from "clsx";
import { Icon } from "../../components/icon.tsx";
import { duration, integer, plural } from "../../lib/format.ts";
import { costOf, groupsOf } from "./statistic-groups.ts";
import type { Check } from "./use-check.ts";

/** What the method needs to know of each model: what has been measured, and what the rest will take before the merge begins. */
export function CheckStatistics({ check, isStale }: { check: Check; isStale: boolean }) {
  const { statistics } = check;
  const [first] = statistics;
  if (!first) return null;
  const missing = statistics.filter(({ isMeasured }) => !isMeasured);
  return (
    <section
      className={clsx("border-line border-t px-4 py-3 transition-opacity", isStale && "opacity-60")}
      aria-label="Statistics"
    >
      <div className="flex items-baseline justify-between gap-2">
        <h3 className="text-table">{first.kind === "GRAM" ? "Gram matrices" : "Fisher information"}</h3>
        <span className="num text-caption text-ink-3">{integer(first.examples)} examples each</span>
      </div>
      <ul className="mt-1.5 flex flex-col gap-1">
        {groupsOf(statistics).map(({ ref, lambdas, measured, total, seconds }) => (
          <li key={ref} className="flex items-center gap-2 text-table text-ink-2">
            <span className={measured === total ? "text-ok" : "text-ink-3"}>
              <Icon name={measured === total ? "check" : "clock"} />
            </span>
            <span className="min-w-0 flex-1 truncate" title={`${ref}, λ ${lambdas.join(", ")}`}>
              {ref}
            </span>
            <span className="num text-caption text-ink-3">
              {total > 1 && `${measured} of ${total} λ, `}
              {measured === total ? "measured" : `about ${duration(seconds)}`}
            </span>
          </li>
        ))}
      </ul>
      <p className="mt-2 text-caption text-ink-3">
        {missing.length === 0
          ? "Everything has been measured before; the merge can begin at once."
          : `First ${plural(missing.length, "measurement")}, about ${duration(costOf(missing))}: an estimate, by what earlier ones took.`}
      </p>
    </section>
  );
}
