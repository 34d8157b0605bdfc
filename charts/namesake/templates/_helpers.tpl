{{/*
Names do not depend on the release's: a cluster holds one Namesake that serves all namespaces. A second release fails on the
first object that belongs to the other. Installations that serve some namespaces each have a name of their own for what is in no
namespace.
*/}}

{{- define "namesake.clusterName" -}}
namesake{{ if .Values.controller.namespaces }}-{{ .Release.Namespace }}{{ end }}
{{- end }}

{{/* The namespaces that the webhooks are asked in; empty for all. By the name, which nobody can change as a label. */}}
{{- define "namesake.namespaceSelector" -}}
{{- with .Values.controller.namespaces -}}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: In
  values: {{ toJson . }}
{{- end }}
{{- end }}

{{/* Those of the probe's webhook: also the namespace that the managers probe in. */}}
{{- define "namesake.probeNamespaceSelector" -}}
{{- with .Values.controller.namespaces -}}
matchExpressions:
- key: kubernetes.io/metadata.name
  operator: In
  values: {{ append . $.Release.Namespace | uniq | toJson }}
{{- end }}
{{- end }}

{{- define "namesake.selectorLabels" -}}
app.kubernetes.io/name: namesake
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* The labels that the chart itself gives every object; _checks.tpl keeps values away from them. */}}
{{- define "namesake.ownLabels" -}}
{{ include "namesake.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "namesake.labels" -}}
{{ include "namesake.labelsAnd" (dict "root" . "more" dict) }}
{{- end }}

{{/* The labels of an object that has more, which count where commonLabels has the same key: (dict "root" $ "more" ...). */}}
{{- define "namesake.labelsAnd" -}}
{{- $labels := dict }}
{{- range list .root.Values.commonLabels (include "namesake.ownLabels" .root | fromYaml) .more }}
{{-   range $key, $value := . }}{{ $_ := set $labels $key $value }}{{ end }}
{{- end }}
{{- toYaml $labels }}
{{- end }}

{{- define "namesake.image" -}}
{{- with .Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "namesake.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default "namesake" }}
{{- end }}

{{/* The manager's user. */}}
{{- define "namesake.controllerUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "namesake.serviceAccountName" . }}
{{- end }}

{{- define "namesake.priorityClassName" -}}
{{ .Values.priorityClassName | default (include "namesake.clusterName" .) }}
{{- end }}

{{/* The Secret with the serving certificate: cert-manager's, or the user's own. */}}
{{- define "namesake.tlsSecretName" -}}
{{ .Values.webhook.tls.secretName | default "namesake-webhook-tls" }}
{{- end }}

{{/* The issuer of the serving certificate: Namesake's own authority, or the user's issuer. */}}
{{- define "namesake.issuerRef" -}}
{{- with .Values.certManager.issuerRef -}}
{{ toYaml . }}
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
  name: {{ .service | quote }}
  namespace: {{ .root.Release.Namespace | quote }}
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

{{/* The seconds of a duration such as 1h30m. values.schema.json has them as hours, minutes and seconds, each a whole number. */}}
{{- define "namesake.seconds" -}}
{{- $seconds := 0 }}
{{- range $unit, $factor := dict "h" 3600 "m" 60 "s" 1 }}
{{-   $seconds = regexFind (print "[0-9]+" $unit) $ | trimSuffix $unit | atoi | mul $factor | add $seconds }}
{{- end }}
{{- $seconds }}
{{- end }}

{{/* How many milliseconds a duration in whole seconds or milliseconds is. */}}
{{- define "namesake.milliseconds" -}}
{{- regexFind "^[0-9]+" . | atoi | mul (hasSuffix "ms" . | ternary 1 1000) }}
{{- end }}

{{/*
How many seconds a certificate has left when an alert says that it was not renewed: half of what it had left when it should
have been, and of the serving certificate also a tenth. A renewed authority comes into the webhook configurations with the
next serving certificate. A certificate of the user's own is taken to be renewed 30 days before its end, its authority 60.
*/}}
{{- define "namesake.secondsLeft" -}}
{{- $certificate := 2592000 }}
{{- $authority := 5184000 }}
{{- with .Values.certManager }}
{{-   if .enabled }}
{{-     $certificate = include "namesake.seconds" .certificate.renewBefore | atoi }}
{{-     $authority = $certificate }}
{{-     if not .issuerRef }}
{{-       $authority = sub (include "namesake.seconds" .ca.renewBefore | atoi) (include "namesake.seconds" .certificate.duration | atoi) | add $certificate }}
{{-     end }}
{{-   end }}
{{- end }}
certificate: {{ div $certificate 2 | quote }}
certificateUrgent: {{ div $certificate 10 | quote }}
authority: {{ div $authority 2 | quote }}
{{- end }}

{{/* Not empty where cert-manager looks after the webhooks' certificate. */}}
{{- define "namesake.usesCertManager" -}}
{{- if and .Values.webhooks.enabled .Values.certManager.enabled }}true{{ end }}
{{- end }}

{{/* Not empty where the managers verify who calls the webhooks. */}}
{{- define "namesake.hasClientCA" -}}
{{- if .Values.webhooks.enabled }}{{ with .Values.webhook.clientCA }}{{ if or .configMapName .secretName }}true{{ end }}{{ end }}{{ end }}
{{- end }}
