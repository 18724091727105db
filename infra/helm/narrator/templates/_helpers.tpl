{{- define "narrator.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}
{{- define "narrator.image" -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end }}
{{- define "narrator.selector" -}}
app.kubernetes.io/name: narrator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "narrator.labels" -}}
{{ include "narrator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}
{{- define "narrator.account" -}}{{ .Values.serviceAccount.name | default (include "narrator.name" .) }}{{- end }}
{{- define "narrator.queuePrefix" -}}narrator{{ with .Values.namespace }}-{{ . }}{{ end }}{{- end }}
{{- define "narrator.redisAddress" -}}
{{- if eq .Values.redis.mode "bundled" }}{{ include "narrator.name" . }}-redis.{{ .Release.Namespace }}:6379
{{- else }}{{ required "redis.address (host:port) is needed, for KEDA to read the queues' length" .Values.redis.address }}{{ end }}
{{- end }}
{{- define "narrator.bucket" -}}{{ splitList "/" (trimPrefix "s3://" .Values.s3.store) | first }}{{- end }}
{{/* What narrator does in its bucket, and nothing else: infra/s3/narrator.json. */}}
{{- define "narrator.policy" -}}
{{- $bucket := printf "arn:aws:s3:::%s" (include "narrator.bucket" .) -}}
{{- $see := dict "Sid" "SeeWhatIsThere" "Effect" "Allow" "Resource" (list $bucket) "Action" (list "s3:ListBucket" "s3:GetBucketLocation") -}}
{{- $use := dict "Sid" "ReadWriteAndDelete" "Effect" "Allow" "Resource" (list (printf "%s/*" $bucket)) "Action" (list "s3:GetObject" "s3:PutObject" "s3:DeleteObject" "s3:AbortMultipartUpload") -}}
{{- dict "Version" "2012-10-17" "Statement" (list $see $use) | toJson -}}
{{- end }}
{{/* What every narrator container is told: where Redis and the store are. */}}
{{- define "narrator.env" -}}
- name: NARRATOR_REDIS_URL
  valueFrom: {secretKeyRef: {name: {{ .Values.redis.secret }}, key: url}}
- {name: NARRATOR_STORE, value: {{ .Values.s3.store | quote }}}
- name: NARRATOR_S3_ENDPOINT_URL
  value: {{ if eq .Values.s3.mode "bundled" }}http://{{ include "narrator.name" . }}-s3:9000{{ else }}{{ .Values.s3.endpoint | quote }}{{ end }}
- {name: NARRATOR_S3_REGION, value: {{ .Values.s3.region | quote }}}
- {name: NARRATOR_NAMESPACE, value: {{ .Values.namespace | quote }}}
{{- if .Values.s3.secret }}
{{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ . }}
  valueFrom: {secretKeyRef: {name: {{ $.Values.s3.secret }}, key: {{ . }}}}
{{- end }}
{{- end }}
{{- if .Values.s3.caConfigMap }}
- {name: AWS_CA_BUNDLE, value: /etc/narrator-ca/ca.crt}
{{- end }}
{{- with .Values.tracing.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- range $name, $value := .Values.settings }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
{{- define "narrator.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- if .Values.voices.claim }}
- {name: voices, mountPath: /voices, readOnly: true}
{{- end }}
{{- if .Values.s3.caConfigMap }}
- {name: ca, mountPath: /etc/narrator-ca, readOnly: true}
{{- end }}
{{- end }}
{{- define "narrator.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmpSize }}}
{{- with .Values.voices.claim }}
- name: voices
  persistentVolumeClaim: {claimName: {{ . }}, readOnly: true}
{{- end }}
{{- with .Values.s3.caConfigMap }}
- name: ca
  configMap: {name: {{ . }}}
{{- end }}
{{- end }}
{{- define "narrator.pod" -}}
serviceAccountName: {{ include "narrator.account" . }}
automountServiceAccountToken: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- define "narrator.confined" -}}
securityContext:
  readOnlyRootFilesystem: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
{{- end }}
