import { createHash } from "node:crypto";
import { wilson } from "@amalgam/engine/scores";
import type { LineageRole, PrismaClient, VersionKind } from "../../src/generated/prisma/client.ts";

/** A version that answers examples as if it had this skill on each task: the same example is easy or hard for all. */
export interface PlantedVersion {
  readonly name: string;
  readonly kind: VersionKind;
  /** By task, 0 to 1; null: not evaluated there. */
  readonly skills: readonly (number | null)[];
  readonly method?: string;
  readonly parents?: readonly { readonly name: string; readonly role?: LineageRole; readonly coefficient?: number }[];
}

export interface PlantedTask {
  readonly name: string;
  readonly title?: string;
  readonly n: number;
  /** Name of the version that is its expert. */
  readonly expert?: string;
}

interface Plan {
  readonly namespace: string;
  readonly suite: string;
  readonly title?: string;
  readonly tasks: readonly PlantedTask[];
  readonly versions: readonly PlantedVersion[];
}

export const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A number from 0 to 1 that looks random and is not (splitmix32). */
export function mixed(seed: number): number {
  let z = (seed * 0x9e3779b9) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b) >>> 0;
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35) >>> 0;
  return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
}

/** Which of n examples a version with this skill has right: mostly the easy ones, and some by chance of its own. */
export function answers(
  seed: { task: number; version: number },
  n: number,
  skill: number,
): { bits: Uint8Array<ArrayBuffer>; correct: number } {
  const bits = new Uint8Array(Math.ceil(n / 8));
  let correct = 0;
  for (let i = 0; i < n; i++) {
    const ease = mixed(seed.task * 1_000_003 + i);
    const luck = mixed(seed.version * 7_368_787 + seed.task * 1_000_003 + i + 77);
    if (0.85 * (1 - ease) + 0.15 * luck >= skill) continue;
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7));
    correct += 1;
  }
  return { bits, correct };
}

/** Writes models, versions, lineage, tasks, a suite and scores straight into the database: what a leaderboard reads, at any size. */
export async function plantBoard(db: PrismaClient, { namespace, suite, title = "Suite", tasks, versions }: Plan): Promise<void> {
  const id = (kind: string, name: string) => digestOf(`${namespace}/${kind}/${name}`).slice(0, 32);
  const blob = digestOf(`${namespace} split`);
  await db.blob.createMany({ data: [{ sha256: blob, sizeBytes: 1n }], skipDuplicates: true });
  await db.model.createMany({
    data: versions.map(({ name }, i) => ({ id: id("model", name), namespace, name, strand: i < 8 ? i + 1 : null })),
  });
  await db.modelVersion.createMany({
    data: versions.map(({ name, kind }) => ({
      id: id("version", name),
      modelId: id("model", name),
      number: 1,
      kind,
      state: "READY" as const,
      digest: digestOf(`${namespace}/${name}`),
    })),
  });
  await db.run.createMany({
    data: versions.flatMap(({ name, method }) =>
      method
        ? [
            {
              kind: "MERGE" as const,
              state: "SUCCEEDED" as const,
              finishedAt: new Date(),
              title: name,
              versionId: id("version", name),
              recipe: { method },
              identity: digestOf(`${namespace} run ${name}`),
            },
          ]
        : [],
    ),
  });
  await db.lineageEdge.createMany({
    data: versions.flatMap(({ name, parents = [] }) =>
      parents.map(({ name: of, role = "PARENT", coefficient }, position) => ({
        childId: id("version", name),
        parentId: id("version", of),
        parentDigest: digestOf(`${namespace}/${of}`),
        role,
        coefficient: coefficient ?? null,
        position,
      })),
    ),
  });
  await db.task.createMany({
    data: tasks.map(({ name, title: taskTitle = name, expert }) => ({
      id: id("task", name),
      namespace,
      name,
      title: taskTitle,
      labels: ["no", "yes"],
      metric: "accuracy",
      expertId: expert ? id("version", expert) : null,
    })),
  });
  await db.split.createMany({
    data: tasks.map(({ name, n }) => ({
      id: id("split", name),
      taskId: id("task", name),
      name: "test",
      purpose: "REPORT" as const,
      exampleCount: n,
      blobSha256: blob,
    })),
  });
  await db.suite.create({
    data: {
      namespace,
      name: suite,
      title,
      tasks: { create: tasks.map(({ name }, position) => ({ taskId: id("task", name), position })) },
    },
  });
  for (const [taskIndex, { name, n }] of tasks.entries()) {
    const data = versions.flatMap((version, versionIndex) => {
      const skill = version.skills[taskIndex];
      if (skill === null || skill === undefined) return [];
      const { bits, correct } = answers({ task: taskIndex + 1, version: versionIndex + 1 }, n, skill);
      return [
        {
          versionId: id("version", version.name),
          versionDigest: digestOf(`${namespace}/${version.name}`),
          taskId: id("task", name),
          splitId: id("split", name),
          state: "SUCCEEDED" as const,
          value: correct / n,
          n,
          ...wilson(correct, n),
          correct: bits,
        },
      ];
    });
    for (let from = 0; from < data.length; from += 500) await db.evaluation.createMany({ data: data.slice(from, from + 500) });
  }
}
