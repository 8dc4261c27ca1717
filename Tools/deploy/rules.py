"""The queries of dashboard and autoscaler as a file of rules, for promtool to read: python Tools/deploy/rules.py"""

import json

import queries

rules = [
    {"record": f"asked:{place}", "expr": queries.filled(query)} for place, (_, query) in enumerate(queries.asked())]
print(json.dumps({"groups": [{"name": "asked", "rules": rules}]}, indent=1))
