import clsx from "clsx";
import Link from "next/link";
import { Icon } from "../../components/icon.tsx";
import { KindGlyph, kindLabel } from "../../components/kind-glyph.tsx";
import { AliasPill, Pill } from "../../components/pill.tsx";
import { MixtureStrip } from "../../components/strands/mixture-strip.tsx";
import { accuracy, interval } from "../../lib/format.ts";
import { picksForm } from "../compare/comparison.ts";
import { mixtureStrands } from "../versions/mixture.ts";
import { methodTitle } from "../versions/recipe-facts.ts";
import { VersionName } from "../versions/version-name.tsx";
import { versionPath } from "../versions/version-path.ts";
import { type Board, type BoardRow, shortTitle, type Tie, taskLabel } from "./board.ts";

export function RowName({ row }: { row: BoardRow }) {
  const { version } = row;
  const strands = row.kind === "MERGED" ? mixtureStrands(edgesOf(row)) : [];
  return (
    <>
      <span className="flex min-w-0 items-center gap-2">
        <KindGlyph kind={row.kind ?? "FINE_TUNED"} />
        {version ? (
          <Link href={versionPath(version)} data-row className="link flex min-w-0">
            <VersionName version={version} />
          </Link>
        ) : (
          <span className="truncate font-medium">{row.title}</span>
        )}
        {version?.aliases.includes("champion") && <AliasPill alias="champion" />}
        <TunedMark row={row} />
      </span>
      {strands.length > 0 && <MixtureStrip strands={strands} className="mt-1 ml-6 w-[112px]" />}
    </>
  );
}

function edgesOf({ parents }: BoardRow) {
  return parents.map(({ role, coefficient, ref, kind, number, namespace, name, strand }) => ({
    role,
    coefficient,
    parent: { id: ref, ref, kind, number, model: { id: ref, namespace, name, strand } },
  }));
}

/** Its score here flatters it, because it, or what it was made from, was chosen by it. */
function TunedMark({ row }: { row: BoardRow }) {
  if (row.tunedOn.length === 0) return null;
  const isOwn = row.tunedOnReasons.some(({ ancestor }) => ancestor === null);
  return (
    <Pill tone="warn" title={`${row.tunedOnReasons.map(({ sentence }) => sentence).join(" ")} Not ranked.`}>
      <Icon name="warn" />
      {isOwn ? "tuned on" : "parent tuned on"}
      <span className="phone:sr-only"> this split</span>
    </Pill>
  );
}

/** Rows that a paired test cannot tell apart stand in one bracket. */
export function Bracket({ tie, className = "left-[46px]" }: { tie: Tie; className?: string }) {
  if (!tie) return null;
  return (
    <i
      aria-hidden="true"
      className={clsx(
        "absolute w-1 border-ink-4 border-l-[1.5px]",
        className,
        tie === "first" && "top-[13px] -bottom-px rounded-tl-[3px] border-t-[1.5px]",
        tie === "middle" && "top-0 -bottom-px",
        tie === "last" && "top-0 bottom-[13px] rounded-bl-[3px] border-b-[1.5px]",
      )}
    />
  );
}

export function methodWord(row: BoardRow): string {
  if (row.reference === "EXPERTS") return "Own task each";
  if (row.method) return methodTitle(row.method);
  return row.kind ? kindLabel(row.kind) : "";
}

export function MeanText({ row }: { row: BoardRow }) {
  if (row.mean === null) return null;
  return (
    <>
      <b className="font-semibold">{accuracy(row.mean)}</b>{" "}
      {row.low !== null && row.high !== null && (
        <span className="text-caption text-ink-3">{interval(row.mean, row.low, row.high)}</span>
      )}
    </>
  );
}

/** Why a row has no mean. */
export function missingMean(row: BoardRow, board: Board): string {
  if (row.scores.length < board.tasks.length) return `${row.scores.length} of ${board.tasks.length} tasks evaluated`;
  return "no mean over different units";
}

/** Mean of score by expert's score, and where least is left of an expert. */
export function ExpertShare({ row, board, className }: { row: BoardRow; board: Board; className?: string }) {
  const { normalised, worst } = row;
  const task = worst && board.tasks.find(({ name }) => name === worst.taskName);
  return (
    <span className={className}>
      {normalised && (
        <span className="whitespace-nowrap">
          {accuracy(normalised.value)}{" "}
          {normalised.low !== null && normalised.high !== null && normalised.low < normalised.high && (
            <span className="text-caption text-ink-3">{interval(normalised.value, normalised.low, normalised.high)}</span>
          )}
        </span>
      )}
      {worst && task && row.reference !== "EXPERTS" && (
        <span
          className="flex min-w-0 justify-end gap-1 text-axis whitespace-nowrap text-ink-3"
          title={`Worst task: ${task.title}, ${accuracy(worst.ofExpert ?? worst.value)}${worst.ofExpert === null ? "" : " of its expert's score"}`}
        >
          <span aria-hidden="true">↓</span>
          <span className="sr-only">worst</span>
          <span className="truncate">{taskLabel(task, 12)}</span>
          {accuracy(worst.ofExpert ?? worst.value)}
        </span>
      )}
    </span>
  );
}

/** Ticks the row for a comparison of several. */
export function PickBox({ row, className }: { row: BoardRow; className?: string }) {
  if (!row.version) return null;
  return (
    <label className={clsx("grid place-items-center", className)}>
      <span className="sr-only">Choose {shortTitle(row.title)} to compare</span>
      <input type="checkbox" name="v" value={row.version.ref} form={picksForm} className="size-3.5 accent-(--fill)" />
    </label>
  );
}

/** To the comparison with the first row; of the first row, with the second. */
export function CompareLink({ row, board }: { row: BoardRow; board: Board }) {
  const versions = board.rows.filter((each) => each.version !== null);
  const other = versions.find((each) => each.reference === null && each.id !== row.id);
  if (!row.version || !other?.version) return null;
  const query = new URLSearchParams([
    ["v", row.version.ref],
    ["v", other.version.ref],
    ["suite", `${board.suite.namespace}/${board.suite.name}`],
    ...(board.purpose === "REPORT" ? [] : [["split", board.purpose.toLowerCase()]]),
  ]);
  const label = `Compare ${shortTitle(row.title)} with ${shortTitle(other.title)}`;
  return (
    <Link
      href={`/compare?${query}`}
      aria-label={label}
      title={label}
      className="inline-grid size-7 place-items-center rounded-control text-ink-3 hover:bg-hover hover:text-ink phone:size-11"
    >
      <Icon name="compare" className="size-3.5" />
    </Link>
  );
}
