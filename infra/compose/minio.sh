#!/bin/sh
# The bucket, and a user who may do in it what narrator does and nothing else. Run by the service "bucket"; safe to repeat.
set -eu
export MC_CONFIG_DIR=/tmp/mc
mc alias set minio http://minio:9000 root "$(cat /run/secrets/minio_root_password)" >/dev/null
mc mb --ignore-existing minio/narration
cat >/tmp/policy.json <<'POLICY'
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      "Resource": ["arn:aws:s3:::narration"]
    },
    {
      "Effect": "Allow",
      "Action": [
        "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"
      ],
      "Resource": ["arn:aws:s3:::narration/*"]
    }
  ]
}
POLICY
mc admin policy create minio narrator /tmp/policy.json
mc admin user add minio narrator "$(cat /run/secrets/minio_narrator_password)"
mc admin policy attach minio narrator --user narrator 2>/dev/null || mc admin user info minio narrator
# Uploads that a killed worker began are swept; versions, where somebody turns versioning on, are kept a week.
mc ilm rule list minio/narration >/dev/null 2>&1 || mc ilm rule add --noncurrent-expire-days 7 --expire-delete-marker minio/narration
