"use client";
import clsx from "clsx";
import Link from "next/link";
import type { ReactNode } from "react";
import { Digest } from "../../components/digest.tsx";
import { Failure } from "../../components/failure.tsx";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph } from "../../components/kind-glyph.tsx";
import { CardHead } from "../../components/ui/card.tsx";
import { bytes, duration, plural } from "../../lib/format.ts";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";
import { CheckStatistics } from "./check-statistics.tsx";
import { fieldIdsOf, placeWords } from "./fault-place.ts";
import type { Check, CheckState } from "./use-check.ts";

export type Fault = Check["faults"][number];

interface OpinionProps {
  state: Pick<CheckState, "isStale" | "isSlow" | "failure" | "retry">;
  /** What stands beside the title once there is an answer */
  status?: string;
  isAnswered: boolean;
  hint: string | null;
  faults: readonly Fault[];
  children: ReactNode;
}

/** What the server says of a draft as it stands: faults with their place, and whatever else it has found. */
export function Opinion({
  state: { isStale, isSlow, failure, retry },
  status,
  isAnswered,
  hint,
  faults,
  children,
}: OpinionProps) {
  return (
    <>
      <CardHead title="Pre-flight">
        <span className="num text-caption text-ink-3" role="status">
          {isSlow ? <span className="pulse">checking</span> : status}
        </span>
      </CardHead>
      <div className={clsx("px-4 pb-3 transition-opacity", isStale && "opacity-60")} id="preflight" tabIndex={-1}>
        {failure && (
          <Failure title={failure.message} onRetry={retry}>
            The draft is safe in the address.
          </Failure>
        )}
        {hint && <Line tone="quiet">{hint}</Line>}
        {!hint && !isAnswered && !failure && <Line tone="quiet">The first answer takes about a second.</Line>}
        {faults.map((fault) => (
          <Line key={fault.code + fault.path.join()} tone="bad">
            <span className="wrap-anywhere">{fault.message}</span>
            {fault.path.length > 0 && <Place fault={fault} />}
          </Line>
        ))}
        {children}
      </div>
    </>
  );
}

/** Of a recipe: faults, notes, forecast, and an earlier result. */
export function Preflight({ state, refusal, hint }: { state: CheckState; refusal: readonly Fault[]; hint: string | null }) {
  const { check, isStale, seconds } = state;
  const faults = refusal.length > 0 ? refusal : (check?.faults ?? []);
  const status = check && !isStale && seconds !== null ? `${duration(seconds)}, headers only` : "";
  return (
    <>
      <Opinion state={state} status={status} isAnswered={check !== null} hint={hint} faults={faults}>
        {check?.ok && <Line tone="ok">{plural(check.tensorCount, "tensor")} match in name and shape</Line>}
        {check?.notes.map((note) => (
          <Line key={note} tone="ok">
            <span className="wrap-anywhere">{note}</span>
          </Line>
        ))}
      </Opinion>
      {check?.ok && <CheckStatistics check={check} isStale={isStale} />}
      {check?.ok && <Forecast check={check} isStale={isStale} />}
      {check?.existing && (
        <div className={clsx("border-line border-b px-4 py-3", isStale && "opacity-60")}>
          <h3 className="text-table">Merged before</h3>
          <p className="mt-1 text-table text-ink-2">The same recipe over the same bytes exists already. Asking again opens it.</p>
          <Link href={versionPath(check.existing)} className="link mt-2 flex items-center gap-2 text-table">
            <KindGlyph kind={check.existing.kind} />
            <VersionName version={check.existing} withNamespace />
          </Link>
        </div>
      )}
    </>
  );
}

export function Line({ tone, children }: { tone: "ok" | "bad" | "quiet"; children: ReactNode }) {
  const mark = { ok: ["check", "text-ok"], bad: ["cross", "text-bad"], quiet: ["info", "text-ink-3"] } as const;
  const [icon, colour] = mark[tone];
  return (
    <div className="grid grid-cols-[18px_minmax(0,1fr)] gap-2 py-[7px] text-table">
      <span className={`mt-px ${colour}`}>
        <Icon name={icon} />
      </span>
      <div className={tone === "bad" ? "" : "text-ink-2"}>{children}</div>
    </div>
  );
}

/** Where the fault lies; a click goes to its field. */
function Place({ fault }: { fault: Fault }) {
  const words = placeWords(fault);
  if (!words) return null;
  return (
    <button
      type="button"
      onClick={() => {
        const field = fieldIdsOf(fault)
          .map((id) => document.getElementById(id))
          .find(Boolean);
        field?.scrollIntoView({ block: "center" });
        field?.focus({ preventScroll: true });
      }}
      className="link block min-h-6 text-left font-mono text-caption text-ink-3"
    >
      {words}
    </button>
  );
}

function Forecast({ check, isStale }: { check: Check; isStale: boolean }) {
  const figures = [
    ["Read", bytes(Number(check.readBytes))],
    ["Write", bytes(Number(check.writeBytes))],
    ["Peak memory", bytes(Number(check.peakMemoryBytes))],
    ["Time", `about ${duration(check.seconds)}`],
  ];
  return (
    <dl className={clsx("grid grid-cols-2 gap-px border-line border-y bg-line transition-opacity", isStale && "opacity-60")}>
      {figures.map(([label, value]) => (
        <div key={label} className="bg-surface px-4 py-[9px]">
          <dt className="text-caption text-ink-3">{label}</dt>
          <dd className="num text-[16px] leading-[22px] font-semibold tracking-[-0.02em]">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Identity({ check }: { check: Check | null }) {
  if (!check?.identity) return null;
  return (
    <div className="mt-auto flex items-center justify-between border-line border-t px-4 py-2 text-caption text-ink-3">
      Identity
      <Digest value={check.identity} prefix />
    </div>
  );
}
