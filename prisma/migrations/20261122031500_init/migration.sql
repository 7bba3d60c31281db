-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "SplitPurpose" AS ENUM ('TRAIN', 'SEARCH', 'REPORT');

-- CreateEnum
CREATE TYPE "LineageRole" AS ENUM ('BASE', 'PARENT', 'FINE_TUNED_FROM');

-- CreateEnum
CREATE TYPE "VersionKind" AS ENUM ('BASE', 'FINE_TUNED', 'TASK_VECTOR', 'ADAPTER', 'MERGED');

-- CreateEnum
CREATE TYPE "VersionState" AS ENUM ('VERIFYING', 'READY', 'REJECTED');

-- CreateEnum
CREATE TYPE "RunKind" AS ENUM ('VERIFICATION', 'MERGE', 'EVALUATION');

-- CreateEnum
CREATE TYPE "RunState" AS ENUM ('QUEUED', 'RUNNING', 'CANCELLING', 'SUCCEEDED', 'FAILED', 'CANCELLED');

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "scopes" TEXT[],
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMP(3),
    "expiresAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),

    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "apiKeyId" TEXT NOT NULL,
    "secretHash" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "AuditEvent" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "accountId" TEXT,
    "action" TEXT NOT NULL,
    "subject" TEXT,
    "outcome" TEXT NOT NULL,
    "detail" JSONB,

    CONSTRAINT "AuditEvent_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Blob" (
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "inspectedAt" TIMESTAMP(3),
    "metadata" JSONB,

    CONSTRAINT "Blob_pkey" PRIMARY KEY ("sha256")
);

-- CreateTable
CREATE TABLE "File" (
    "id" TEXT NOT NULL,
    "versionId" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "blobSha256" TEXT,

    CONSTRAINT "File_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "TensorInfo" (
    "id" TEXT NOT NULL,
    "blobSha256" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "dtype" TEXT NOT NULL,
    "shape" INTEGER[],
    "sizeBytes" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "norm" DOUBLE PRECISION NOT NULL,
    "min" DOUBLE PRECISION NOT NULL,
    "max" DOUBLE PRECISION NOT NULL,
    "finite" BOOLEAN NOT NULL,

    CONSTRAINT "TensorInfo_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Upload" (
    "id" TEXT NOT NULL,
    "accountId" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "sizeBytes" BIGINT NOT NULL,
    "partSizeBytes" INTEGER NOT NULL,
    "partCount" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Upload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "UploadPart" (
    "uploadId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "sizeBytes" INTEGER NOT NULL,
    "receivedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "UploadPart_pkey" PRIMARY KEY ("uploadId","number")
);

-- CreateTable
CREATE TABLE "Task" (
    "id" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "labels" TEXT[],
    "metric" TEXT NOT NULL,
    "expertId" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Task_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Split" (
    "id" TEXT NOT NULL,
    "taskId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "purpose" "SplitPurpose" NOT NULL,
    "exampleCount" INTEGER NOT NULL,
    "blobSha256" TEXT NOT NULL,

    CONSTRAINT "Split_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Suite" (
    "id" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Suite_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SuiteTask" (
    "suiteId" TEXT NOT NULL,
    "taskId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "SuiteTask_pkey" PRIMARY KEY ("suiteId","taskId")
);

-- CreateTable
CREATE TABLE "Evaluation" (
    "id" TEXT NOT NULL,
    "versionId" TEXT NOT NULL,
    "versionDigest" TEXT NOT NULL,
    "taskId" TEXT NOT NULL,
    "splitId" TEXT NOT NULL,
    "runId" TEXT,
    "state" "RunState" NOT NULL DEFAULT 'QUEUED',
    "value" DOUBLE PRECISION,
    "n" INTEGER,
    "low" DOUBLE PRECISION,
    "high" DOUBLE PRECISION,
    "seconds" DOUBLE PRECISION,
    "correct" BYTEA,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Evaluation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ComputeBackend" (
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "chosen" BOOLEAN NOT NULL,
    "reason" TEXT NOT NULL,
    "seenAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "ComputeBackend_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "LineageEdge" (
    "id" TEXT NOT NULL,
    "parentId" TEXT NOT NULL,
    "childId" TEXT NOT NULL,
    "role" "LineageRole" NOT NULL,
    "parentDigest" TEXT NOT NULL,
    "coefficient" DOUBLE PRECISION,
    "position" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "LineageEdge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Model" (
    "id" TEXT NOT NULL,
    "namespace" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "strand" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Model_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ModelVersion" (
    "id" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "kind" "VersionKind" NOT NULL,
    "state" "VersionState" NOT NULL DEFAULT 'VERIFYING',
    "digest" TEXT,
    "architecture" TEXT,
    "licence" TEXT,
    "card" TEXT,
    "config" JSONB,
    "space" TEXT NOT NULL DEFAULT 'weights',
    "dtype" TEXT,
    "tensorCount" INTEGER NOT NULL DEFAULT 0,
    "parameterCount" BIGINT NOT NULL DEFAULT 0,
    "sizeBytes" BIGINT NOT NULL DEFAULT 0,
    "rejectionCode" TEXT,
    "rejectionMessage" TEXT,
    "rejectionPath" TEXT[],
    "wantedAliases" TEXT[],
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ModelVersion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Alias" (
    "id" TEXT NOT NULL,
    "modelId" TEXT NOT NULL,
    "versionId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Alias_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Run" (
    "id" TEXT NOT NULL,
    "kind" "RunKind" NOT NULL,
    "state" "RunState" NOT NULL DEFAULT 'QUEUED',
    "title" TEXT NOT NULL,
    "versionId" TEXT NOT NULL,
    "recipe" JSONB,
    "identity" TEXT,
    "progress" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "stage" TEXT,
    "tensorsDone" INTEGER,
    "tensorsTotal" INTEGER,
    "bytesPerSecond" DOUBLE PRECISION,
    "secondsLeft" DOUBLE PRECISION,
    "peakMemoryBytes" BIGINT,
    "failureCode" TEXT,
    "failureMessage" TEXT,
    "failurePath" TEXT[],
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "lease" TEXT,
    "heartbeatAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "RunStage" (
    "runId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL,
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "RunStage_pkey" PRIMARY KEY ("runId","position")
);

-- CreateIndex
CREATE UNIQUE INDEX "Account_name_key" ON "Account"("name");

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_tokenHash_key" ON "ApiKey"("tokenHash");

-- CreateIndex
CREATE INDEX "ApiKey_accountId_idx" ON "ApiKey"("accountId");

-- CreateIndex
CREATE UNIQUE INDEX "Session_secretHash_key" ON "Session"("secretHash");

-- CreateIndex
CREATE INDEX "Session_accountId_idx" ON "Session"("accountId");

-- CreateIndex
CREATE INDEX "Session_apiKeyId_idx" ON "Session"("apiKeyId");

-- CreateIndex
CREATE INDEX "AuditEvent_at_idx" ON "AuditEvent"("at");

-- CreateIndex
CREATE INDEX "AuditEvent_accountId_at_idx" ON "AuditEvent"("accountId", "at");

-- CreateIndex
CREATE INDEX "File_blobSha256_idx" ON "File"("blobSha256");

-- CreateIndex
CREATE INDEX "File_sha256_idx" ON "File"("sha256");

-- CreateIndex
CREATE UNIQUE INDEX "File_versionId_path_key" ON "File"("versionId", "path");

-- CreateIndex
CREATE UNIQUE INDEX "TensorInfo_blobSha256_name_key" ON "TensorInfo"("blobSha256", "name");

-- CreateIndex
CREATE INDEX "Upload_sha256_idx" ON "Upload"("sha256");

-- CreateIndex
CREATE INDEX "Upload_createdAt_idx" ON "Upload"("createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "Upload_accountId_sha256_sizeBytes_key" ON "Upload"("accountId", "sha256", "sizeBytes");

-- CreateIndex
CREATE INDEX "Task_expertId_idx" ON "Task"("expertId");

-- CreateIndex
CREATE UNIQUE INDEX "Task_namespace_name_key" ON "Task"("namespace", "name");

-- CreateIndex
CREATE INDEX "Split_blobSha256_idx" ON "Split"("blobSha256");

-- CreateIndex
CREATE UNIQUE INDEX "Split_taskId_name_key" ON "Split"("taskId", "name");

-- CreateIndex
CREATE UNIQUE INDEX "Split_taskId_purpose_key" ON "Split"("taskId", "purpose");

-- CreateIndex
CREATE UNIQUE INDEX "Split_id_taskId_key" ON "Split"("id", "taskId");

-- CreateIndex
CREATE UNIQUE INDEX "Suite_namespace_name_key" ON "Suite"("namespace", "name");

-- CreateIndex
CREATE INDEX "SuiteTask_taskId_idx" ON "SuiteTask"("taskId");

-- CreateIndex
CREATE UNIQUE INDEX "SuiteTask_suiteId_position_key" ON "SuiteTask"("suiteId", "position");

-- CreateIndex
CREATE INDEX "Evaluation_versionId_idx" ON "Evaluation"("versionId");

-- CreateIndex
CREATE INDEX "Evaluation_taskId_idx" ON "Evaluation"("taskId");

-- CreateIndex
CREATE INDEX "Evaluation_runId_idx" ON "Evaluation"("runId");

-- CreateIndex
CREATE UNIQUE INDEX "Evaluation_versionDigest_splitId_key" ON "Evaluation"("versionDigest", "splitId");

-- CreateIndex
CREATE INDEX "LineageEdge_parentId_idx" ON "LineageEdge"("parentId");

-- CreateIndex
CREATE UNIQUE INDEX "LineageEdge_childId_position_key" ON "LineageEdge"("childId", "position");

-- CreateIndex
CREATE UNIQUE INDEX "Model_namespace_name_key" ON "Model"("namespace", "name");

-- CreateIndex
CREATE UNIQUE INDEX "Model_namespace_strand_key" ON "Model"("namespace", "strand");

-- CreateIndex
CREATE INDEX "ModelVersion_digest_idx" ON "ModelVersion"("digest");

-- CreateIndex
CREATE INDEX "ModelVersion_state_kind_createdAt_idx" ON "ModelVersion"("state", "kind", "createdAt");

-- CreateIndex
CREATE UNIQUE INDEX "ModelVersion_modelId_number_key" ON "ModelVersion"("modelId", "number");

-- CreateIndex
CREATE UNIQUE INDEX "ModelVersion_id_modelId_key" ON "ModelVersion"("id", "modelId");

-- CreateIndex
CREATE INDEX "Alias_versionId_idx" ON "Alias"("versionId");

-- CreateIndex
CREATE UNIQUE INDEX "Alias_modelId_name_key" ON "Alias"("modelId", "name");

-- CreateIndex
CREATE INDEX "Run_versionId_idx" ON "Run"("versionId");

-- CreateIndex
CREATE INDEX "Run_state_kind_createdAt_idx" ON "Run"("state", "kind", "createdAt");

-- CreateIndex
CREATE INDEX "Run_identity_idx" ON "Run"("identity");

-- AddForeignKey
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_apiKeyId_fkey" FOREIGN KEY ("apiKeyId") REFERENCES "ApiKey"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "File" ADD CONSTRAINT "File_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ModelVersion"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "File" ADD CONSTRAINT "File_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob"("sha256") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "TensorInfo" ADD CONSTRAINT "TensorInfo_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob"("sha256") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Upload" ADD CONSTRAINT "Upload_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "UploadPart" ADD CONSTRAINT "UploadPart_uploadId_fkey" FOREIGN KEY ("uploadId") REFERENCES "Upload"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Task" ADD CONSTRAINT "Task_expertId_fkey" FOREIGN KEY ("expertId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Split" ADD CONSTRAINT "Split_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "Task"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Split" ADD CONSTRAINT "Split_blobSha256_fkey" FOREIGN KEY ("blobSha256") REFERENCES "Blob"("sha256") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SuiteTask" ADD CONSTRAINT "SuiteTask_suiteId_fkey" FOREIGN KEY ("suiteId") REFERENCES "Suite"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "SuiteTask" ADD CONSTRAINT "SuiteTask_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "Task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_taskId_fkey" FOREIGN KEY ("taskId") REFERENCES "Task"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_splitId_taskId_fkey" FOREIGN KEY ("splitId", "taskId") REFERENCES "Split"("id", "taskId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LineageEdge" ADD CONSTRAINT "LineageEdge_parentId_fkey" FOREIGN KEY ("parentId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "LineageEdge" ADD CONSTRAINT "LineageEdge_childId_fkey" FOREIGN KEY ("childId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Alias" ADD CONSTRAINT "Alias_modelId_fkey" FOREIGN KEY ("modelId") REFERENCES "Model"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Alias" ADD CONSTRAINT "Alias_versionId_modelId_fkey" FOREIGN KEY ("versionId", "modelId") REFERENCES "ModelVersion"("id", "modelId") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Run" ADD CONSTRAINT "Run_versionId_fkey" FOREIGN KEY ("versionId") REFERENCES "ModelVersion"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RunStage" ADD CONSTRAINT "RunStage_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run"("id") ON DELETE CASCADE ON UPDATE CASCADE;



-- What Prisma's schema cannot say: checks and partial unique indexes.

ALTER TABLE "Account" ADD CONSTRAINT "Account_name_check" CHECK ("name" ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$');
ALTER TABLE "ApiKey" ADD CONSTRAINT "ApiKey_tokenHash_check" CHECK ("tokenHash" ~ '^[0-9a-f]{64}$');
ALTER TABLE "AuditEvent" ADD CONSTRAINT "AuditEvent_outcome_check" CHECK ("outcome" IN ('DONE', 'REFUSED', 'ERROR'));

ALTER TABLE "Model" ADD CONSTRAINT "Model_namespace_check" CHECK ("namespace" ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$');
ALTER TABLE "Model" ADD CONSTRAINT "Model_name_check" CHECK ("name" ~ '^[a-z0-9]([a-z0-9._-]{0,94}[a-z0-9])?$');
ALTER TABLE "Model" ADD CONSTRAINT "Model_strand_check" CHECK ("strand" BETWEEN 1 AND 8);

ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_number_check" CHECK ("number" >= 1);
ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_digest_check" CHECK ("digest" ~ '^[0-9a-f]{64}$');
ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_ready_check" CHECK ("state" <> 'READY' OR "digest" IS NOT NULL);
ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_rejection_check" CHECK (("state" = 'REJECTED') = ("rejectionCode" IS NOT NULL));
ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_space_check" CHECK ("space" IN ('weights', 'delta'));
ALTER TABLE "ModelVersion" ADD CONSTRAINT "ModelVersion_counts_check" CHECK ("parameterCount" >= 0 AND "sizeBytes" >= 0 AND "tensorCount" >= 0);
-- The same bytes are one version of a model, unless they were rejected.
CREATE UNIQUE INDEX "ModelVersion_modelId_digest_key" ON "ModelVersion" ("modelId", "digest") WHERE "state" <> 'REJECTED';

ALTER TABLE "Alias" ADD CONSTRAINT "Alias_name_check" CHECK ("name" ~ '^[a-z][a-z0-9-]{0,62}$' AND "name" !~ '^[0-9a-f]{8,64}$' AND "name" <> 'latest');

ALTER TABLE "Blob" ADD CONSTRAINT "Blob_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$');
ALTER TABLE "Blob" ADD CONSTRAINT "Blob_sizeBytes_check" CHECK ("sizeBytes" >= 0);
ALTER TABLE "File" ADD CONSTRAINT "File_blob_check" CHECK ("blobSha256" = "sha256");
ALTER TABLE "File" ADD CONSTRAINT "File_path_check" CHECK ("path" ~ '^[A-Za-z0-9_][A-Za-z0-9._/-]{0,254}$' AND "path" !~ '(^|/)\.' AND "path" !~ '//');
ALTER TABLE "TensorInfo" ADD CONSTRAINT "TensorInfo_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$');
ALTER TABLE "Upload" ADD CONSTRAINT "Upload_sha256_check" CHECK ("sha256" ~ '^[0-9a-f]{64}$');
ALTER TABLE "Upload" ADD CONSTRAINT "Upload_size_check" CHECK ("sizeBytes" >= 0 AND "partSizeBytes" > 0 AND "partCount" >= 0);
ALTER TABLE "UploadPart" ADD CONSTRAINT "UploadPart_number_check" CHECK ("number" >= 0 AND "sizeBytes" > 0);

ALTER TABLE "Run" ADD CONSTRAINT "Run_progress_check" CHECK ("progress" BETWEEN 0 AND 1);
ALTER TABLE "Run" ADD CONSTRAINT "Run_finished_check" CHECK (("state" IN ('SUCCEEDED', 'FAILED', 'CANCELLED')) = ("finishedAt" IS NOT NULL));
ALTER TABLE "Run" ADD CONSTRAINT "Run_failure_check" CHECK (("state" = 'FAILED') = ("failureCode" IS NOT NULL));
ALTER TABLE "Run" ADD CONSTRAINT "Run_lease_check" CHECK (("state" IN ('RUNNING', 'CANCELLING')) = ("lease" IS NOT NULL));
ALTER TABLE "Run" ADD CONSTRAINT "Run_merge_check" CHECK (("kind" = 'MERGE') = ("identity" IS NOT NULL AND "recipe" IS NOT NULL));
-- The same merge is never on its way twice, and never done twice.
CREATE UNIQUE INDEX "Run_identity_key" ON "Run" ("identity") WHERE "kind" = 'MERGE' AND "state" NOT IN ('FAILED', 'CANCELLED');

ALTER TABLE "LineageEdge" ADD CONSTRAINT "LineageEdge_self_check" CHECK ("parentId" <> "childId");
ALTER TABLE "LineageEdge" ADD CONSTRAINT "LineageEdge_digest_check" CHECK ("parentDigest" ~ '^[0-9a-f]{64}$');
ALTER TABLE "LineageEdge" ADD CONSTRAINT "LineageEdge_position_check" CHECK ("position" >= 0);

ALTER TABLE "Task" ADD CONSTRAINT "Task_name_check" CHECK ("namespace" ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$' AND "name" ~ '^[a-z0-9]([a-z0-9._-]{0,94}[a-z0-9])?$');
ALTER TABLE "Task" ADD CONSTRAINT "Task_labels_check" CHECK (cardinality("labels") >= 2);
ALTER TABLE "Split" ADD CONSTRAINT "Split_exampleCount_check" CHECK ("exampleCount" > 0);
ALTER TABLE "Suite" ADD CONSTRAINT "Suite_name_check" CHECK ("namespace" ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$' AND "name" ~ '^[a-z0-9]([a-z0-9._-]{0,94}[a-z0-9])?$');
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_digest_check" CHECK ("versionDigest" ~ '^[0-9a-f]{64}$');
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_value_check" CHECK (("state" = 'SUCCEEDED') = ("value" IS NOT NULL AND "n" IS NOT NULL AND "low" IS NOT NULL AND "high" IS NOT NULL AND "correct" IS NOT NULL));
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_range_check" CHECK ("value" BETWEEN 0 AND 1 AND "low" BETWEEN 0 AND "value" AND "high" BETWEEN "value" AND 1 AND "n" > 0);
