{{/*
Names do not depend on the release's: a cluster holds one Namesake, since the names of its webhooks and of what it owns
are the cluster's. A second release fails on the first object that belongs to the other.
*/}}

{{- define "namesake.selectorLabels" -}}
app.kubernetes.io/name: namesake
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "namesake.labels" -}}
{{ include "namesake.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "namesake.image" -}}
{{- with .Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "namesake.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default "namesake" }}
{{- end }}

{{- define "namesake.priorityClassName" -}}
{{ .Values.priorityClassName | default "namesake" }}
{{- end }}

{{/* The Secret with the serving certificate: cert-manager's, or the user's own. */}}
{{- define "namesake.tlsSecretName" -}}
{{ .Values.webhook.tls.secretName | default "namesake-webhook-tls" }}
{{- end }}

{{/* The issuer of the serving certificate: Namesake's own authority, or the user's issuer. */}}
{{- define "namesake.issuerRef" -}}
{{- if .Values.certManager.issuerRef.name -}}
{{ toYaml .Values.certManager.issuerRef }}
{{- else -}}
name: namesake-ca
kind: Issuer
group: cert-manager.io
{{- end }}
{{- end }}

{{/* The host of webhook.url.host without its port and without the brackets of an IPv6 address. */}}
{{- define "namesake.urlHost" -}}
{{ .Values.webhook.url.host | regexFind "^(\\[[^]]*\\]|[^:]*)" | trimAll "[]" }}
{{- end }}

{{/* How the API server reaches the webhook at a path: (dict "root" $ "path" "/..."). */}}
{{- define "namesake.clientConfig" -}}
{{- with .root.Values.webhook.url.host -}}
url: https://{{ . }}{{ $.path }}
{{- else -}}
service:
  name: {{ .service }}
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
{{- end }}
{{- if not .root.Values.certManager.enabled }}
caBundle: {{ .root.Values.webhook.caBundle | b64enc }}
{{- end }}
{{- end }}

{{/* cert-manager's cainjector fills in the authority: the chart never holds a certificate. */}}
{{- define "namesake.injectCA" -}}
{{- if .Values.certManager.enabled -}}
cert-manager.io/inject-ca-from: {{ .Release.Namespace }}/namesake-webhook
{{- end }}
{{- end }}

{{/* Without this annotation "helm uninstall" deletes the CRDs, and with them all that is of their kinds. */}}
{{- define "namesake.keepCRD" -}}
{{- if .Values.crds.keep -}}
helm.sh/resource-policy: keep
{{- end }}
{{- end }}

{{/* A map's entries, or nothing if it is empty. */}}
{{- define "namesake.yaml" -}}
{{- with . -}}
{{ toYaml . }}
{{- end }}
{{- end }}
