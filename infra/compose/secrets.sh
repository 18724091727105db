#!/bin/sh
# Makes the secrets of compose.yaml, once: random passwords, one a file, in infra/secrets (never committed).
set -eu
cd "$(dirname "$0")/../secrets"
umask 077
random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }
[ ! -s redis_password ] || { echo "infra/secrets has its secrets already: nothing changed"; exit 0; }
random >redis_password
random >minio_root_password
random >minio_narrator_password
random >grafana_password
random >narrator_api_keys
printf 'redis://:%s@redis:6379/0\n' "$(cat redis_password)" >narrator_redis_url
printf '[default]\naws_access_key_id = narrator\naws_secret_access_key = %s\n' "$(cat minio_narrator_password)" >aws_credentials
chmod 644 ./* # compose mounts them as they are, and no service runs as the user who made them
chmod 711 .
echo "made in infra/secrets: $(ls | tr '\n' ' ')"
