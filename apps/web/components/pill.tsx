import clsx from "clsx";
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";

export type PillTone = "plain" | "fill" | "ok" | "warn" | "bad" | "run";

const tones: Record<PillTone, string> = {
  plain: "border-line-2 text-ink-2",
  fill: "border-fill bg-fill text-on-fill",
  ok: "border-transparent bg-ok-bg text-ok",
  warn: "border-transparent bg-warn-bg text-warn",
  bad: "border-transparent bg-bad-bg text-bad",
  run: "border-transparent bg-run-bg text-run",
};

export function Pill({ tone = "plain", children, title }: { tone?: PillTone; children: ReactNode; title?: string }) {
  return (
    <span
      title={title}
      className={clsx(
        "inline-flex h-5 flex-none items-center gap-1 rounded-full border px-[7px] text-[11.5px] leading-5 font-medium whitespace-nowrap [&_svg]:size-3",
        tones[tone],
      )}
    >
      {children}
    </span>
  );
}

/** `champion` is the one filled pill. */
export function AliasPill({ alias }: { alias: string }) {
  return <Pill tone={alias === "champion" ? "fill" : "plain"}>{alias}</Pill>;
}

const states: Record<string, { tone: PillTone; icon: IconName | "dot"; label: string }> = {
  QUEUED: { tone: "plain", icon: "clock", label: "Queued" },
  RUNNING: { tone: "run", icon: "dot", label: "Running" },
  CANCELLING: { tone: "warn", icon: "dot", label: "Cancelling" },
  SUCCEEDED: { tone: "ok", icon: "check", label: "Done" },
  FAILED: { tone: "bad", icon: "cross", label: "Failed" },
  CANCELLED: { tone: "plain", icon: "stop", label: "Cancelled" },
  STOPPING: { tone: "warn", icon: "dot", label: "Stopping" },
  STOPPED: { tone: "plain", icon: "stop", label: "Stopped" },
  VERIFYING: { tone: "run", icon: "dot", label: "Verifying" },
  READY: { tone: "ok", icon: "check", label: "Ready" },
  REJECTED: { tone: "bad", icon: "cross", label: "Rejected" },
};

/** A state by word, icon and colour. */
export function StatusPill({ state }: { state: string }) {
  const { tone, icon, label } = states[state] ?? { tone: "plain" as const, icon: "info" as const, label: state };
  return (
    <Pill tone={tone}>
      {icon === "dot" ? <span className="pulse size-1.5 rounded-full bg-current" /> : <Icon name={icon} />}
      {label}
    </Pill>
  );
}
