-- CreateEnum
CREATE TYPE "StatisticKind" AS ENUM ('FISHER', 'GRAM');

-- AlterEnum
ALTER TYPE "RunKind" ADD VALUE 'STATISTIC';

-- CreateTable
CREATE TABLE "Statistic" (
    "id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "kind" "StatisticKind" NOT NULL,
    "estimator" TEXT NOT NULL,
    "about" JSONB NOT NULL,
    "versionId" TEXT NOT NULL,
    "versionDigest" TEXT NOT NULL,
    "baseId" TEXT,
    "lambda" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "headId" TEXT,
    "splitId" TEXT NOT NULL,
    "examples" INTEGER NOT NULL,
    "runId" TEXT,
    "state" "RunState" NOT NULL DEFAULT 'QUEUED',
    "blobSha256" TEXT,
    "sizeBytes" BIGINT,
    "seconds" DOUBLE PRECISION,
    "passes" INTEGER,
    "truncated" INTEGER,
    "peakMemoryBytes" BIGINT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Statistic_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "LineageStatistic" (
    "edgeId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "statisticId" TEXT NOT NULL,

    CONSTRAINT "LineageStatistic_pkey" PRIMARY KEY ("edgeId","position")
);

-- CreateIndex
CREATE UNIQUE INDEX "Statistic_key_key" ON "Statistic"("key");

-- CreateIndex
CREATE INDEX "Statistic_versionDigest_createdAt_idx" ON "Statistic"("versionDigest", "createdAt");

-- CreateIndex
CREATE INDEX "Statistic_versionId_idx" ON "Statistic"("versionId");

-- CreateIndex
CREATE INDEX "Statistic_baseId_idx" ON "Statistic"("baseId");

-- CreateIndex
CREATE INDEX "Statistic_headId_idx" ON "Statistic"("headId");

-- CreateIndex
CREATE INDEX "Statistic_splitId_idx" ON "Statistic"("splitId");

-- CreateIndex
CREATE INDEX "Statistic_runId_idx" ON "Statistic"("runId");

-- CreateIndex
CREATE INDEX "Statistic_blobSha256_idx" ON "Statistic"("blobSha256");

-- CreateIndex
CREATE INDEX "LineageStatistic_statisticId_idx" ON "LineageStatistic"("statisticId");

-- AddForeignKey
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_baseId_fkey" FOREIGN KEY ("baseId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_headId_fkey" FOREIGN KEY ("headId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_splitId_fkey" FOREIGN KEY ("splitId") REFERENCES "Split"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LineageStatistic" ADD CONSTRAINT "LineageStatistic_edgeId_fkey" FOREIGN KEY ("edgeId") REFERENCES "LineageEdge"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LineageStatistic" ADD CONSTRAINT "LineageStatistic_statisticId_fkey" FOREIGN KEY ("statisticId") REFERENCES "Statistic"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_key_check" CHECK ("key" ~ '^[0-9a-f]{64}$' AND "versionDigest" ~ '^[0-9a-f]{64}$');
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_lambda_check" CHECK (("baseId" IS NULL) = ("lambda" = 1) AND "lambda" > '-Infinity' AND "lambda" < 'Infinity');
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_examples_check" CHECK ("examples" > 0);
-- The bytes are there exactly when it was measured.
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_measured_check" CHECK (
  ("state" = 'SUCCEEDED') = ("blobSha256" IS NOT NULL AND "sizeBytes" IS NOT NULL AND "seconds" IS NOT NULL AND "finishedAt" IS NOT NULL));
