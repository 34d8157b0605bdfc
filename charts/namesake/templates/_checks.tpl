{{/* What values.schema.json cannot say: values that do not go together. Each message says what to do. */}}
{{- define "namesake.checks" -}}
{{- if .Values.certManager.enabled }}
{{-   if or .Values.webhook.caBundle .Values.webhook.tls.secretName }}
{{-     fail "webhook.caBundle and webhook.tls.secretName are for a certificate of your own: set certManager.enabled=false, or leave them out and let cert-manager fill them" }}
{{-   end }}
{{-   if and .Values.certManager.issuerRef (not .Values.certManager.issuerRef.name) }}
{{-     fail "certManager.issuerRef needs a name: the issuer's, or leave certManager.issuerRef empty for an authority of Namesake's own" }}
{{-   end }}
{{- else }}
{{-   if not .Values.webhook.tls.secretName }}
{{-     fail "certManager.enabled=false needs webhook.tls.secretName: a Secret of type kubernetes.io/tls in the release's namespace with a certificate for namesake-webhook.NAMESPACE.svc and namesake-webhook-probe.NAMESPACE.svc" }}
{{-   end }}
{{-   if not (contains "-----BEGIN CERTIFICATE-----" .Values.webhook.caBundle) }}
{{-     fail "certManager.enabled=false needs webhook.caBundle: the certificate of the authority in PEM, for example --set-file webhook.caBundle=ca.crt" }}
{{-   end }}
{{- end }}
{{- if and (eq (int .Values.replicaCount) 0) (not .Values.webhook.url.host) }}
{{-   fail "replicaCount=0 needs webhook.url.host: without a manager in the cluster the API server has to find one outside" }}
{{- end }}
{{- if and (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) }}
{{-   fail "serviceAccount.create=false needs serviceAccount.name: the account to use" }}
{{- end }}
{{- $ports := list 8081 (int .Values.webhook.port) }}
{{- if .Values.metrics.enabled }}{{ $ports = append $ports (int .Values.metrics.port) }}{{ end }}
{{- if ne (len $ports) (len (uniq $ports)) }}
{{-   fail "webhook.port, metrics.port and 8081, where the kubelet asks, are ports of one Pod: make them three different ones" }}
{{- end }}
{{- range .Values.controller.extraArgs }}
{{-   $flag := regexReplaceAll "^--?([^=]*).*$" . "${1}" }}
{{-   if has $flag (list "allowed-label-domains-file" "controller-user" "leader-elect" "health-probe-bind-address" "metrics-bind-address" "webhook-port" "webhook-cert-dir" "certificate" "webhook-configuration" "leader-election-namespace" "termination-grace-period" "version") }}
{{-     fail (printf "controller.extraArgs has --%s, which follows from other values or from what the chart installs: leave it out" $flag) }}
{{-   end }}
{{- end }}
{{- if not .Values.metrics.enabled }}
{{-   if or .Values.metrics.serviceMonitor.enabled .Values.metrics.prometheusRule.enabled }}
{{-     fail "metrics.serviceMonitor and metrics.prometheusRule need metrics.enabled=true" }}
{{-   end }}
{{- end }}
{{- end }}
