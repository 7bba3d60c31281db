import type { Coordinate, Slice, SlicePoint } from "@amalgam/engine/tune";
import { builder } from "../../graphql/builder.ts";
import { LineageRoleEnum } from "../lineage/lineage.graphql.ts";
import type { Phases } from "./study-progress.ts";
import type { Comparison, Verdict } from "./verdict.ts";

export const CoordinateRef = builder.objectRef<Coordinate>("StudyCoordinate").implement({
  description: "A number that is tuned",
  fields: (t) => ({
    name: t.exposeString("name"),
    low: t.exposeFloat("low"),
    high: t.exposeFloat("high"),
    log: t.boolean({ resolve: ({ log = false }) => log }),
    step: t.float({ nullable: true, resolve: ({ step = null }) => step }),
  }),
});

const SlicePointRef = builder.objectRef<SlicePoint>("SlicePoint").implement({
  fields: (t) => ({ at: t.exposeFloat("at"), mean: t.exposeFloat("mean"), deviation: t.exposeFloat("deviation") }),
});

export const SliceRef = builder.objectRef<Slice>("StudySlice").implement({
  description: "What the surrogate believes along one coordinate, through the best trial",
  fields: (t) => ({
    name: t.exposeString("name"),
    points: t.field({ type: [SlicePointRef], resolve: ({ points }) => [...points] }),
    lengthScale: t.exposeFloat("lengthScale", {
      description: "In units of the range; large where the coordinate hardly matters",
    }),
  }),
});

export const PhasesRef = builder.objectRef<Phases>("StudyPhases").implement({
  description: "Where the time of all trials went",
  fields: (t) => ({
    measureSeconds: t.exposeFloat("measureSeconds", { description: "Statistics that were measured for the study" }),
    suggestSeconds: t.exposeFloat("suggestSeconds"),
    mergeSeconds: t.exposeFloat("mergeSeconds"),
    evaluateSeconds: t.exposeFloat("evaluateSeconds"),
    otherSeconds: t.exposeFloat("otherSeconds"),
  }),
});

const ComparisonRef = builder.objectRef<Comparison>("StudyComparison").implement({
  description: "The best of a study against a baseline, on the report splits, over the same examples",
  fields: (t) => ({
    baseline: t.exposeString("baseline", { description: "PARENT, AVERAGE or TASK_ARITHMETIC" }),
    title: t.exposeString("title"),
    mean: t.exposeFloat("mean", { description: "Of the baseline" }),
    difference: t.float({ description: "Best minus baseline; more is better", resolve: ({ difference }) => difference.value }),
    low: t.float({ nullable: true, resolve: ({ difference: { low } }) => (Number.isFinite(low) ? low : null) }),
    high: t.float({ nullable: true, resolve: ({ difference: { high } }) => (Number.isFinite(high) ? high : null) }),
    sentence: t.exposeString("sentence"),
  }),
});

export const VerdictRef = builder.objectRef<Verdict>("StudyVerdict").implement({
  fields: (t) => ({
    mean: t.exposeFloat("mean", { description: "Of the best, over the report splits" }),
    comparisons: t.field({ type: [ComparisonRef], resolve: ({ comparisons }) => [...comparisons] }),
  }),
});

builder.prismaObject("StudyParent", {
  fields: (t) => ({
    role: t.expose("role", { type: LineageRoleEnum }),
    ref: t.exposeString("ref"),
    digest: t.exposeString("digest"),
    version: t.relation("version", { nullable: true, description: "Null when it was deleted" }),
  }),
});

builder.prismaObject("StudyTask", {
  fields: (t) => ({
    task: t.relation("task"),
    searchSplit: t.relation("searchSplit"),
    reportSplit: t.relation("reportSplit"),
  }),
});
