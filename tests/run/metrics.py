#!/usr/bin/python3
"""metrics.py FORMAT FILE: read metrics as Prometheus's own client library does.

FORMAT is openmetrics or classic.  Prints every sample as NAME{label=value,...}
VALUE, labels sorted; ends with status 1 and the parser's words if the text is
not valid.
"""
import sys

from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser

form, path = sys.argv[1:]
with open(path, encoding="utf-8", newline="\n") as f:
    text = f.read()
read = (openmetrics_parser if form == "openmetrics" else parser)
seen = set()
for family in read.text_string_to_metric_families(text):
    if family.type not in ("gauge", "counter"):
        sys.exit(f"{family.name}: type {family.type}")
    if not family.documentation:
        sys.exit(f"{family.name}: no help")
    if not family.name.startswith("netjail_"):
        sys.exit(f"{family.name}: not ours")
    for s in family.samples:
        key = (s.name, tuple(sorted(s.labels.items())))
        if key in seen:
            sys.exit(f"{key}: twice")
        seen.add(key)
        labels = ",".join(f"{k}={v}" for k, v in key[1])
        print(f"{s.name}{{{labels}}} {s.value:.0f}")
