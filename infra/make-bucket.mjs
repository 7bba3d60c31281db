// Makes the bucket that S3_BUCKET names, unless it is there. Run once before the first start of a deployment.
import { Client } from "minio";

const { S3_ENDPOINT, S3_BUCKET, S3_REGION = "us-east-1", S3_ACCESS_KEY, S3_SECRET_KEY } = process.env;
for (const [name, value] of Object.entries({ S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY }))
  if (!value) {
    console.error(`${name} is missing`);
    process.exit(1);
  }
const { hostname, port, protocol } = new URL(S3_ENDPOINT);
const isSecure = protocol === "https:";
const client = new Client({
  endPoint: hostname,
  port: port ? Number(port) : isSecure ? 443 : 80,
  useSSL: isSecure,
  accessKey: S3_ACCESS_KEY,
  secretKey: S3_SECRET_KEY,
  region: S3_REGION,
  pathStyle: true,
});
try {
  const isThere = await client.bucketExists(S3_BUCKET);
  if (!isThere) await client.makeBucket(S3_BUCKET, S3_REGION);
  console.log(`${S3_BUCKET} ${isThere ? "was there" : "made"}`);
} catch (error) {
  console.error(`the bucket ${S3_BUCKET} could not be made at ${S3_ENDPOINT}: ${error.message || error.code}`);
  process.exit(1);
}
