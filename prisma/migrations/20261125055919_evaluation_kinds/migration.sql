-- CreateEnum
CREATE TYPE "TaskKind" AS ENUM ('CLASSIFICATION', 'IMAGE_CLASSIFICATION', 'TABLE_CLASSIFICATION', 'MULTIPLE_CHOICE', 'CHOICE_RANKING', 'EXACT_MATCH', 'PERPLEXITY', 'EXTERNAL');

-- DropForeignKey
ALTER TABLE "Task" DROP CONSTRAINT "Task_expertId_fkey";

-- AlterTable
ALTER TABLE "Evaluation" ADD COLUMN     "details" JSONB,
ADD COLUMN     "peakMemoryBytes" BIGINT,
ADD COLUMN     "truncated" INTEGER;

-- AlterTable
ALTER TABLE "Split" ADD COLUMN     "format" TEXT NOT NULL DEFAULT 'jsonl';

-- AlterTable
ALTER TABLE "Task" ADD COLUMN     "datasetVersionId" TEXT,
ADD COLUMN     "kind" "TaskKind" NOT NULL DEFAULT 'CLASSIFICATION',
ADD COLUMN     "settings" JSONB NOT NULL DEFAULT '{}',
ALTER COLUMN "expertId" DROP NOT NULL;

-- CreateTable
CREATE TABLE "Dataset" (
    "id" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Dataset_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DatasetVersion" (
    "id" TEXT NOT NULL,
    "datasetId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "licence" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "DatasetVersion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "DatasetSplit" (
    "id" TEXT NOT NULL,
    "versionId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "blobSha256" TEXT NOT NULL,

    CONSTRAINT "DatasetSplit_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "Dataset_namespace_name_key" ON "Dataset"("namespace", "name");

-- CreateIndex
CREATE UNIQUE INDEX "DatasetVersion_datasetId_number_key" ON "DatasetVersion"("datasetId", "number");

-- CreateIndex
CREATE UNIQUE INDEX "DatasetVersion_datasetId_digest_key" ON "DatasetVersion"("datasetId", "digest");

-- CreateIndex
CREATE INDEX "DatasetSplit_blobSha256_idx" ON "DatasetSplit"("blobSha256");

-- CreateIndex
CREATE UNIQUE INDEX "DatasetSplit_versionId_name_key" ON "DatasetSplit"("versionId", "name");

-- CreateIndex
CREATE INDEX "Task_datasetVersionId_idx" ON "Task"("datasetVersionId");

-- AddForeignKey
ALTER TABLE "Task" ADD CONSTRAINT "Task_expertId_fkey" FOREIGN KEY ("expertId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Task" ADD CONSTRAINT "Task_datasetVersionId_fkey" FOREIGN KEY ("datasetVersionId") REFERENCES "DatasetVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DatasetVersion" ADD CONSTRAINT "DatasetVersion_datasetId_fkey" FOREIGN KEY ("datasetId") REFERENCES "Dataset"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DatasetSplit" ADD CONSTRAINT "DatasetSplit_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "DatasetVersion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "DatasetSplit" ADD CONSTRAINT "DatasetSplit_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;
