{{/* What values.schema.json cannot say, or not so that it helps: values that do not go together. Each message says what to do. */}}
{{- define "namesake.checks" -}}
{{- include "namesake.checkPresence" . }}
{{- if .Values.webhooks.enabled }}
{{-   include "namesake.checkCertificates" . }}
{{- else if not .Values.policies.enabled }}
{{-   fail "webhooks.enabled=false and policies.enabled=false: nothing would be refused. Leave one of them on" }}
{{- end }}
{{- include "namesake.checkHost" . }}
{{- include "namesake.checkLabels" . }}
{{- include "namesake.checkMetrics" . }}
{{- include "namesake.checkElection" .Values.controller }}
{{- if and .Values.webhooks.enabled (eq (int .Values.replicaCount) 0) (not .Values.webhook.url.host) }}
{{-   fail "replicaCount=0 needs webhook.url.host: without a manager in the cluster the API server has to find one outside" }}
{{- end }}
{{- if and (not .Values.serviceAccount.create) (not .Values.serviceAccount.name) }}
{{-   fail "serviceAccount.create=false needs serviceAccount.name: the account to use" }}
{{- end }}
{{- $ports := list (int .Values.probes.port) (int .Values.webhook.port) }}
{{- if .Values.metrics.enabled }}{{ $ports = append $ports (int .Values.metrics.port) }}{{ end }}
{{- if ne (len $ports) (len (uniq $ports)) }}
{{-   fail "webhook.port, metrics.port and probes.port are ports of one Pod: make them three different ones" }}
{{- end }}
{{- if and .Values.hostNetwork .Values.networkPolicy.enabled }}
{{-   fail "networkPolicy.enabled has no effect with hostNetwork=true: Kubernetes' policies are for Pods in the network of the Pods. Leave one of them out" }}
{{- end }}
{{- if and (not .Values.hostNetwork) (eq .Values.dnsPolicy "ClusterFirstWithHostNet") }}
{{-   fail "dnsPolicy=ClusterFirstWithHostNet is for hostNetwork=true: leave it out" }}
{{- end }}
{{- range .Values.extraVolumes }}
{{-   if has .name (list "tls" "client-ca" "config") }}
{{-     fail (printf "extraVolumes has %q, which the chart has a volume of that name for: give yours another name" .name) }}
{{-   end }}
{{- end }}
{{- with .Values.webhook.clientCA }}
{{-   if and .configMapName .secretName }}
{{-     fail "webhook.clientCA has a configMapName and a secretName: the authority is in one of them, leave the other out" }}
{{-   end }}
{{-   if and .names (not .configMapName) (not .secretName) }}
{{-     fail "webhook.clientCA.names needs webhook.clientCA.configMapName or secretName: without the authority nobody verifies the names" }}
{{-   end }}
{{- end }}
{{- range list "sandboxWarmPoolReadinessGracePeriod" "sandboxWarmPoolUnschedulableRecheckInterval" }}
{{-   $duration := index $.Values.controller . }}
{{-   if eq (include "namesake.seconds" $duration) "0" }}
{{-     fail (printf "controller.%s is %s: it must be longer, such as 1m" . $duration) }}
{{-   end }}
{{- end }}
{{- range .Values.controller.extraArgs }}
{{-   $flag := regexReplaceAll "^--?([^=]*).*$" . "${1}" }}
{{-   if has $flag (list "allowed-label-domains-file" "controller-user" "leader-elect" "leader-election-lease-duration" "leader-election-renew-deadline" "leader-election-retry-period" "health-probe-bind-address" "metrics-bind-address" "webhooks" "webhook-port" "webhook-cert-dir" "webhook-client-ca-file" "webhook-client-names" "certificate" "webhook-configuration" "namespaces" "watch-nodes" "leader-election-namespace" "termination-grace-period" "version") }}
{{-     fail (printf "controller.extraArgs has --%s, which follows from other values or from what the chart installs: leave it out" $flag) }}
{{-   end }}
{{- end }}
{{- end }}

{{/* The templates need every value but maps and lists. Which is missing shows nowhere else: it would be an empty text, or a nil pointer. */}}
{{- define "namesake.checkPresence" -}}
{{- range $path := include "namesake.requiredValues" . | splitList "\n" }}
{{-   $value := $.Values }}
{{-   range splitList "." $path }}
{{-     $value = index (kindIs "map" $value | ternary $value dict) . }}
{{-   end }}
{{-   if kindIs "invalid" $value }}
{{-     fail (printf "%s has no value. \"helm upgrade --reuse-values\" leaves out what a new chart adds: use --reset-then-reuse-values, or --values. If it is null in values of your own, take it out there" $path) }}
{{-   end }}
{{- end }}
{{- end }}

{{- define "namesake.checkHost" -}}
{{- with .Values.webhook.url.host }}
{{-   $host := regexReplaceAll ":[0-9]*$" . "" }}
{{-   if hasSuffix "]" . }}{{ $host = . }}{{ end }}
{{-   $label := "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?" }}
{{-   $isName := regexMatch (printf "^%s(\\.%s)*$" $label $label) $host }}
{{-   if regexMatch "^[0-9.]*$" $host }}
{{-     $byte := "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])" }}
{{-     $isName = regexMatch (printf "^(%s\\.){3}%s$" $byte $byte) $host }}
{{-   end }}
{{-   $isIPv6 := regexMatch "^\\[[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}\\]$" $host }}
{{-   $port := trimPrefix $host . }}
{{-   $isPort := or (not $port) (and (regexMatch "^:[1-9][0-9]{0,4}$" $port) (le (trimPrefix ":" $port | atoi) 65535)) }}
{{-   if not (and (or $isName $isIPv6) $isPort) }}
{{-     fail (printf "webhook.url.host is %q: it must be a host name in small letters, an IPv4 address, or an IPv6 address in brackets, and a port (1 to 65535) if that is not 443, such as admission.example.com:9443; no scheme and no path" .) }}
{{-   end }}
{{-   if gt (int $.Values.replicaCount) 0 }}
{{-     fail "webhook.url.host is for a manager outside of the cluster, and the API server would ask none of those inside: set replicaCount=0, or leave webhook.url.host out" }}
{{-   end }}
{{- end }}
{{- end }}

{{- define "namesake.checkElection" -}}
{{- $lease := include "namesake.milliseconds" .leaderElectionLeaseDuration | atoi }}
{{- $renew := include "namesake.milliseconds" .leaderElectionRenewDeadline | atoi }}
{{- $retry := include "namesake.milliseconds" .leaderElectionRetryPeriod | atoi }}
{{- if le $lease $renew }}
{{-   fail (printf "controller.leaderElectionRenewDeadline is %s, and leaderElectionLeaseDuration %s: it must be shorter, or two replicas lead" .leaderElectionRenewDeadline .leaderElectionLeaseDuration) }}
{{- end }}
{{- if le (mul 10 $renew) (mul 12 $retry) }}
{{-   fail (printf "controller.leaderElectionRetryPeriod is %s, and leaderElectionRenewDeadline %s: 1.2 times the period must be shorter, or the Lease is not renewed in time" .leaderElectionRetryPeriod .leaderElectionRenewDeadline) }}
{{- end }}
{{- end }}

{{- define "namesake.checkMetrics" -}}
{{- with .Values.metrics }}
{{-   if and (not .enabled) (or .serviceMonitor.enabled .prometheusRule.enabled .grafanaDashboard.enabled) }}
{{-     fail "metrics.serviceMonitor, metrics.prometheusRule and metrics.grafanaDashboard need metrics.enabled=true" }}
{{-   end }}
{{-   with .serviceMonitor }}
{{-     if gt (include "namesake.seconds" .scrapeTimeout | atoi) (include "namesake.seconds" .interval | atoi) }}
{{-       fail (printf "metrics.serviceMonitor.scrapeTimeout is %s, and the interval %s: the Prometheus operator takes no ServiceMonitor whose timeout is longer than its interval" .scrapeTimeout .interval) }}
{{-     end }}
{{-   end }}
{{- end }}
{{- end }}
