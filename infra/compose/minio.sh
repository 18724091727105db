#!/bin/sh
# The bucket, and a user who may do in it what narrator does and nothing else. Run by the service "bucket"; safe to repeat.
set -eu
export MC_CONFIG_DIR=/tmp/mc
mc alias set minio http://s3:9000 root "$(cat /run/secrets/minio_root_password)" >/dev/null
mc mb --ignore-existing minio/narration
sed s/BUCKET/narration/ /policy.json >/tmp/policy.json
mc admin policy create minio narrator /tmp/policy.json
mc admin user add minio narrator "$(cat /run/secrets/s3_secret_key)"
mc admin policy attach minio narrator --user narrator 2>/dev/null || mc admin user info minio narrator
# Uploads that a killed worker began are swept; versions, where somebody turns versioning on, are kept a week.
mc ilm rule list minio/narration >/dev/null 2>&1 || mc ilm rule add --noncurrent-expire-days 7 --expire-delete-marker minio/narration
