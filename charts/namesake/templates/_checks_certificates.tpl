{{- define "namesake.checkCertificates" -}}
{{- if .Values.certManager.enabled }}
{{-   if or .Values.webhook.caBundle .Values.webhook.tls.secretName }}
{{-     fail "webhook.caBundle and webhook.tls.secretName are for a certificate of your own: set certManager.enabled=false, or leave them out and let cert-manager fill them" }}
{{-   end }}
{{-   with .Values.certManager }}
{{-     if and .issuerRef (not .issuerRef.name) }}
{{-       fail "certManager.issuerRef needs a name: the issuer's, or leave certManager.issuerRef empty for an authority of Namesake's own" }}
{{-     end }}
{{-     include "namesake.checkDurations" (dict "name" "certificate" "of" .certificate) }}
{{-     if not .issuerRef }}
{{-       include "namesake.checkDurations" (dict "name" "ca" "of" .ca) }}
{{- /*    The API server trusts the authority that has signed the serving certificate, and gets a renewed one with the next. */}}
{{-       if lt (include "namesake.seconds" .ca.renewBefore | atoi) (include "namesake.seconds" .certificate.duration | atoi) }}
{{-         fail (printf "certManager.ca.renewBefore is %s, and certManager.certificate.duration %s: a serving certificate could outlive the authority that signed it. Renew the authority at least that long before its end, or make the certificate's duration shorter" .ca.renewBefore .certificate.duration) }}
{{-       end }}
{{-     end }}
{{-   end }}
{{- else }}
{{-   if and .Values.replicaCount (not .Values.webhook.tls.secretName) }}
{{-     fail "certManager.enabled=false needs webhook.tls.secretName: a Secret of type kubernetes.io/tls in the release's namespace with a certificate for namesake-webhook.NAMESPACE.svc and namesake-webhook-probe.NAMESPACE.svc" }}
{{-   end }}
{{-   if not (contains "-----BEGIN CERTIFICATE-----" .Values.webhook.caBundle) }}
{{-     fail "certManager.enabled=false needs webhook.caBundle: the certificate of the authority in PEM, for example --set-file webhook.caBundle=ca.crt" }}
{{-   end }}
{{- end }}
{{- end }}

{{/* What cert-manager would refuse when half of the chart is installed: (dict "name" "ca" "of" .Values.certManager.ca). */}}
{{- define "namesake.checkDurations" -}}
{{- $duration := include "namesake.seconds" .of.duration | atoi }}
{{- $renewBefore := include "namesake.seconds" .of.renewBefore | atoi }}
{{- if lt $duration 3600 }}
{{-   fail (printf "certManager.%s.duration is %s: cert-manager takes nothing shorter than 1h" .name .of.duration) }}
{{- end }}
{{- if or (lt $renewBefore 300) (ge $renewBefore $duration) }}
{{-   fail (printf "certManager.%s.renewBefore is %s: it must be 5m at least, and shorter than the duration, %s: a third of that leaves time to mend what fails" .name .of.renewBefore .of.duration) }}
{{- end }}
{{- end }}
