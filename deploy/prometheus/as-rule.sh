#!/bin/sh
# The alerts as Prometheus Operator wants them: deploy/prometheus/as-rule.sh | kubectl apply -f -
set -eu
printf '%s\n' 'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata: {name: khamdoan, namespace: khamdoan}' 'spec:'
sed 's/^/  /' "$(dirname "$0")/alerts.yml"
