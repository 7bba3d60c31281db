-- CreateEnum
CREATE TYPE "StudyState" AS ENUM ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "StudyAggregate" AS ENUM ('MEAN', 'NORMALISED_MEAN', 'WORST');

-- CreateEnum
CREATE TYPE "TrialRole" AS ENUM ('SEARCH', 'AVERAGE', 'SCALE', 'TASK_ARITHMETIC');

-- CreateEnum
CREATE TYPE "TrialState" AS ENUM ('QUEUED', 'RUNNING', 'COMPLETE', 'FAILED', 'CANCELLED');

-- CreateTable
CREATE TABLE "Study" (
    "id" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" "StudyState" NOT NULL DEFAULT 'QUEUED',
    "recipe" JSONB NOT NULL,
    "space" JSONB NOT NULL,
    "anchors" JSONB NOT NULL,
    "sampler" JSONB NOT NULL,
    "aggregate" "StudyAggregate" NOT NULL DEFAULT 'MEAN',
    "seed" INTEGER NOT NULL,
    "budget" INTEGER NOT NULL,
    "parallel" INTEGER NOT NULL DEFAULT 1,
    "patience" INTEGER,
    "engineVersion" TEXT NOT NULL,
    "suiteId" TEXT,
    "aliases" TEXT[],
    "stopRequestedAt" TIMESTAMP(3),
    "endReason" TEXT,
    "failureCode" TEXT,
    "failureMessage" TEXT,
    "failurePath" TEXT[],
    "bestIndex" INTEGER,
    "bestVersionId" TEXT,
    "reportAskedAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Study_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "StudyParent" (
    "studyId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "role" "LineageRole" NOT NULL,
    "ref" TEXT NOT NULL,
    "digest" TEXT NOT NULL,
    "versionId" TEXT,

    CONSTRAINT "StudyParent_pkey" PRIMARY KEY ("studyId","position")
);

-- CreateTable
CREATE TABLE "StudyTask" (
    "studyId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "taskId" TEXT NOT NULL,
    "searchSplitId" TEXT NOT NULL,
    "reportSplitId" TEXT NOT NULL,

    CONSTRAINT "StudyTask_pkey" PRIMARY KEY ("studyId","position")
);

-- CreateTable
CREATE TABLE "Trial" (
    "id" TEXT NOT NULL,
    "studyId" TEXT NOT NULL,
    "role" "TrialRole" NOT NULL,
    "index" INTEGER NOT NULL,
    "state" "TrialState" NOT NULL DEFAULT 'QUEUED',
    "params" JSONB NOT NULL,
    "source" TEXT NOT NULL,
    "logImprovement" DOUBLE PRECISION,
    "identity" TEXT,
    "value" DOUBLE PRECISION,
    "low" DOUBLE PRECISION,
    "high" DOUBLE PRECISION,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "suggestSeconds" DOUBLE PRECISION,
    "mergeSeconds" DOUBLE PRECISION,
    "evaluateSeconds" DOUBLE PRECISION,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "lease" TEXT,
    "heartbeatAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Trial_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TrialScore" (
    "trialId" TEXT NOT NULL,
    "splitId" TEXT NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,
    "n" INTEGER,
    "low" DOUBLE PRECISION,
    "high" DOUBLE PRECISION,
    "correct" BYTEA,
    "seconds" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "TrialScore_pkey" PRIMARY KEY ("trialId","splitId")
);

-- CreateIndex
CREATE INDEX "Study_state_idx" ON "Study"("state");

-- CreateIndex
CREATE INDEX "Study_suiteId_idx" ON "Study"("suiteId");

-- CreateIndex
CREATE INDEX "Study_bestVersionId_idx" ON "Study"("bestVersionId");

-- CreateIndex
CREATE UNIQUE INDEX "Study_namespace_name_key" ON "Study"("namespace", "name");

-- CreateIndex
CREATE INDEX "StudyParent_versionId_idx" ON "StudyParent"("versionId");

-- CreateIndex
CREATE INDEX "StudyTask_taskId_idx" ON "StudyTask"("taskId");

-- CreateIndex
CREATE INDEX "StudyTask_searchSplitId_idx" ON "StudyTask"("searchSplitId");

-- CreateIndex
CREATE INDEX "StudyTask_reportSplitId_idx" ON "StudyTask"("reportSplitId");

-- CreateIndex
CREATE INDEX "Trial_state_idx" ON "Trial"("state");

-- CreateIndex
CREATE UNIQUE INDEX "Trial_studyId_role_index_key" ON "Trial"("studyId", "role", "index");

-- CreateIndex
CREATE INDEX "TrialScore_splitId_idx" ON "TrialScore"("splitId");

-- AddForeignKey
ALTER TABLE "Study" ADD CONSTRAINT "Study_suiteId_fkey" FOREIGN KEY ("suiteId") REFERENCES "Suite"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Study" ADD CONSTRAINT "Study_bestVersionId_fkey" FOREIGN KEY ("bestVersionId") REFERENCES "ModelVersion"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyParent" ADD CONSTRAINT "StudyParent_studyId_fkey" FOREIGN KEY ("studyId") REFERENCES "Study"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyParent" ADD CONSTRAINT "StudyParent_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ModelVersion"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyTask" ADD CONSTRAINT "StudyTask_studyId_fkey" FOREIGN KEY ("studyId") REFERENCES "Study"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyTask" ADD CONSTRAINT "StudyTask_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "Task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyTask" ADD CONSTRAINT "StudyTask_searchSplitId_fkey" FOREIGN KEY ("searchSplitId") REFERENCES "Split"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyTask" ADD CONSTRAINT "StudyTask_reportSplitId_fkey" FOREIGN KEY ("reportSplitId") REFERENCES "Split"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Trial" ADD CONSTRAINT "Trial_studyId_fkey" FOREIGN KEY ("studyId") REFERENCES "Study"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TrialScore" ADD CONSTRAINT "TrialScore_trialId_fkey" FOREIGN KEY ("trialId") REFERENCES "Trial"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TrialScore" ADD CONSTRAINT "TrialScore_splitId_fkey" FOREIGN KEY ("splitId") REFERENCES "Split"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma's schema cannot say.
ALTER TABLE "Study" ADD CONSTRAINT "Study_name_check" CHECK ("namespace" ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$' AND "name" ~ '^[a-z0-9]([a-z0-9._-]{0,94}[a-z0-9])?$');
ALTER TABLE "Study" ADD CONSTRAINT "Study_counts_check" CHECK ("budget" >= 1 AND "parallel" >= 1 AND "patience" >= 1);
ALTER TABLE "Study" ADD CONSTRAINT "Study_finished_check" CHECK (("state" IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) = ("finishedAt" IS NOT NULL));
ALTER TABLE "Study" ADD CONSTRAINT "Study_failure_check" CHECK (("state" = 'FAILED') = ("failureCode" IS NOT NULL));
ALTER TABLE "StudyParent" ADD CONSTRAINT "StudyParent_digest_check" CHECK ("digest" ~ '^[0-9a-f]{64}$');
-- Search and report are different data.
ALTER TABLE "StudyTask" ADD CONSTRAINT "StudyTask_splits_check" CHECK ("searchSplitId" <> "reportSplitId");
ALTER TABLE "Trial" ADD CONSTRAINT "Trial_index_check" CHECK ("index" >= 0 AND "attempts" >= 0);
ALTER TABLE "Trial" ADD CONSTRAINT "Trial_lease_check" CHECK (("state" = 'RUNNING') = ("lease" IS NOT NULL));
ALTER TABLE "Trial" ADD CONSTRAINT "Trial_value_check" CHECK (("state" = 'COMPLETE') = ("value" IS NOT NULL));
ALTER TABLE "Trial" ADD CONSTRAINT "Trial_error_check" CHECK (("state" = 'FAILED') = ("errorCode" IS NOT NULL));
ALTER TABLE "Trial" ADD CONSTRAINT "Trial_finished_check" CHECK (("state" IN ('COMPLETE', 'FAILED', 'CANCELLED')) = ("finishedAt" IS NOT NULL));
