-- Labels belong to some kinds of task only.
ALTER TABLE "Task" DROP CONSTRAINT "Task_labels_check";
ALTER TABLE "Task" ADD CONSTRAINT "Task_labels_check" CHECK (
  CASE WHEN "kind" IN ('CLASSIFICATION', 'IMAGE_CLASSIFICATION', 'TABLE_CLASSIFICATION', 'CHOICE_RANKING')
    THEN cardinality("labels") >= 2 ELSE cardinality("labels") = 0 END);
ALTER TABLE "Task" ADD CONSTRAINT "Task_settings_check" CHECK (jsonb_typeof("settings") = 'object');

-- What an external evaluator reads cannot always be counted.
ALTER TABLE "Split" DROP CONSTRAINT "Split_exampleCount_check";
ALTER TABLE "Split" ADD CONSTRAINT "Split_exampleCount_check" CHECK ("exampleCount" > 0 OR ("exampleCount" = 0 AND "format" <> 'jsonl'));
ALTER TABLE "Split" ADD CONSTRAINT "Split_format_check" CHECK ("format" IN ('jsonl', 'safetensors', 'json'));

-- Bits per token are no share, one document has no interval, and not every evaluator says which examples were right.
ALTER TABLE "Evaluation" DROP CONSTRAINT "Evaluation_value_check";
ALTER TABLE "Evaluation" DROP CONSTRAINT "Evaluation_range_check";
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_value_check" CHECK (("state" = 'SUCCEEDED') = ("value" IS NOT NULL));
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_interval_check" CHECK (("low" IS NULL) = ("high" IS NULL));
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_range_check" CHECK (
  "value" > '-Infinity' AND "value" < 'Infinity' AND "low" <= "value" AND "high" >= "value" AND "n" > 0);
ALTER TABLE "Evaluation" ADD CONSTRAINT "Evaluation_cost_check" CHECK ("truncated" >= 0 AND "peakMemoryBytes" >= 0);

ALTER TABLE "Dataset" ADD CONSTRAINT "Dataset_name_check" CHECK ("namespace" ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$' AND "name" ~ '^[a-z0-9]([a-z0-9._-]{0,94}[a-z0-9])?$');
ALTER TABLE "DatasetVersion" ADD CONSTRAINT "DatasetVersion_digest_check" CHECK ("digest" ~ '^[0-9a-f]{64}$');
ALTER TABLE "DatasetVersion" ADD CONSTRAINT "DatasetVersion_number_check" CHECK ("number" > 0);
