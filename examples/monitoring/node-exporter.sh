#!/bin/sh
# For the textfile collector of Prometheus' node exporter; to be run every minute by cron or a timer.
# BBCTL_DB says which database. The status is that of the cluster: monitoring reads it from the file.
set -u
directory=${1:-/var/lib/prometheus/node-exporter}
bbctl health --format prometheus --deadline 45s --output "$directory/bbctl.prom"
status=$?
# 3 may be a file that could not be written; the others are told by the metrics.
[ "$status" -lt 3 ] || exit "$status"
