{{/* A key that the chart sets itself would be there twice, or turn a selector away from what it is to select. */}}
{{- define "namesake.checkLabels" -}}
{{- $own := include "namesake.ownLabels" . | fromYaml }}
{{- $values := dict "commonLabels" .Values.commonLabels "podLabels" .Values.podLabels }}
{{- with .Values.metrics }}
{{-   $_ := set $values "metrics.serviceMonitor.additionalLabels" .serviceMonitor.additionalLabels }}
{{-   $_ := set $values "metrics.prometheusRule.additionalLabels" .prometheusRule.additionalLabels }}
{{-   $_ := set $values "metrics.grafanaDashboard.labels" .grafanaDashboard.labels }}
{{- end }}
{{- range $value, $labels := $values }}
{{-   range $key, $_ := $labels }}
{{-     if not (regexMatch "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$" $key) }}
{{-       fail (printf "%s has %s, which is no key of a label: it must be such as team or example.com/team" $value $key) }}
{{-     end }}
{{-     if or (hasKey $own $key) (and (eq $value "commonLabels") (regexMatch "^app.kubernetes.io/component$|^rbac.authorization.k8s.io/" $key)) }}
{{-       fail (printf "%s has %s, which the chart sets itself, and selectors, roles or upgrades go by: leave it out, or use a key of your own" $value $key) }}
{{-     end }}
{{-   end }}
{{- end }}
{{- range $key, $_ := .Values.podAnnotations }}
{{-   if has $key (list "kubectl.kubernetes.io/default-container" "checksum/config") }}
{{-     fail (printf "podAnnotations has %s, which the chart sets itself: leave it out" $key) }}
{{-   end }}
{{- end }}
{{- end }}
