#!/bin/sh
# Makes the secrets of compose.yaml that are not there yet: random passwords, one a file, in infra/secrets (never committed).
set -eu
cd "$(dirname "$0")/../secrets"
umask 077
random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }
missing() { [ ! -s "$1" ] && echo "made infra/secrets/$1"; }
for name in redis_password minio_root_password s3_secret_key grafana_password narrator_api_keys; do
  missing $name && random >$name
done
secret=$(cat s3_secret_key)
missing narrator_redis_url && printf 'redis://:%s@redis:6379/0\n' "$(cat redis_password)" >narrator_redis_url
missing aws_credentials && printf '[default]\naws_access_key_id = narrator\naws_secret_access_key = %s\n' "$secret" >aws_credentials
# SeaweedFS takes its users from a file, in which a policy is a string.
missing seaweedfs_identities && cat >seaweedfs_identities <<JSON
{"identities": [{"name": "narrator", "policyNames": ["narrator"],
                 "credentials": [{"accessKey": "narrator", "secretKey": "$secret"}]}],
 "policies": [{"name": "narrator",
               "content": "$(sed 's/BUCKET/narration/; s/"/\\"/g' ../s3/narrator.json | tr -d '\n')"}]}
JSON
chmod 644 ./* # compose mounts them as they are, and no service runs as the user who made them
chmod 711 .
