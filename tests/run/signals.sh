#!/bin/sh
# signals: a storm of them, and single ones in calls that wait.
. "$(dirname "$0")/lib.sh"

report jail a 10.0.12.1 "$R/signals"
finish
