"""What alerts, dashboard and autoscaler ask Prometheus for: selectors such as `dynadetect_ready{job="dynadetect"}`.

A misspelt name or label is no error to Prometheus: it finds nothing, and the alert never fires.
"""

import json
import re

import yaml

from podman import ROOT, expect

DEPLOY = ROOT / "deploy"
ADAPTER = "kubernetes/overlays/queue-time/prometheus-adapter.yaml"
SELECTOR = re.compile(r"\b((?:up|(?:dynadetect|process|haproxy)_\w+)\b)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
GROUPING = re.compile(r"\b(?:by|on|group_left) \(([^)]*)\)")
# What Grafana and the adapter put in, and what Kubernetes' discovery adds to every series.
PUT_IN = {
    "$job": "dynadetect", "$instance": ".*", "$__rate_interval": "1m", "<<.LabelMatchers>>": 'job="dynadetect"',
    "<<.GroupBy>>": "instance", 'namespace!="",pod!=""': 'job="dynadetect"',
}


def check(prometheus):
    """Each selector finds series, by each alternative of its labels, and what it is grouped by is a label of them."""
    count = 0
    for file, query in asked():
        query = filled(query)
        labels = set()
        for selector in set(selectors(query)):
            found = prometheus.query(selector)
            expect(found, f"{file} asks for what is not measured: {selector}")
            labels.update(label for series in found for label in series["metric"])
            count += 1
        expect(labels, f"{file} asks for nothing that is known here: {query}")
        grouped = {name for names in GROUPING.findall(query) for name in re.findall(r"\w+", names)}
        expect(grouped <= labels, f"{file} groups by what is no label: {sorted(grouped - labels)} in {query}")
    return count


def asked():
    """Pairs of file and query, as written."""
    for group in read("alerts.yaml")["groups"]:
        yield from (("alerts.yaml", rule["expr"]) for rule in group["rules"])
    yield from (("dashboard.json", query) for query in panels())
    for rule in read(ADAPTER)["rules"]["custom"]:
        yield from ((ADAPTER, rule[name]) for name in ("seriesQuery", "metricsQuery"))


def panels():
    """The dashboard's queries."""
    return [
        target["expr"] for panel in json.loads((DEPLOY / "dashboard.json").read_text())["panels"]
        for target in panel.get("targets", [])
    ]


def filled(query):
    """A query with what others put into it."""
    for name, value in PUT_IN.items():
        query = query.replace(name, value)
    return query


def selectors(query):
    """The selectors in a query: one for each alternative of `label=~"a|b"`."""
    for name, inside in SELECTOR.findall(query):
        matchers = MATCHER.findall(inside)
        written = [f'{label}{operator}"{value}"' for label, operator, value in matchers]
        yield f"{name}{{{','.join(written)}}}"
        for place, (label, operator, value) in enumerate(matchers):
            for one in value.split("|") if operator == "=~" and "|" in value else []:
                alternative = [*written[:place], f'{label}=~"{one}"', *written[place + 1:]]
                yield f"{name}{{{','.join(alternative)}}}"


def read(name):
    return yaml.safe_load((DEPLOY / name).read_text())
