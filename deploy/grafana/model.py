"""Panels and dashboards as values, and their JSON for Grafana."""

import dataclasses

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA_VERSION = 39  # of Grafana 11
COLUMNS = 24


@dataclasses.dataclass
class Query:
    expr: str
    legend: str = ""
    instant: bool = False


@dataclasses.dataclass
class Panel:
    """One panel. `about` says what it shows, and what to do about it. `alerts` are the alerts whose runbooks it links.
    `steps` are thresholds [(from, colour)], of which the first begins at nothing (None)."""
    kind: str
    title: str
    unit: str
    about: str
    queries: list
    width: int = 8
    height: int = 8
    steps: tuple = ()
    alerts: tuple = ()
    defaults: dict = dataclasses.field(default_factory=dict)
    options: dict = dataclasses.field(default_factory=dict)
    overrides: list = dataclasses.field(default_factory=list)
    transformations: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Row:
    title: str
    panels: list


@dataclasses.dataclass
class Dashboard:
    uid: str
    title: str
    about: str
    variables: list
    rows: list


def stat(title, unit, about, expr, steps=((None, "text"),), width=4, instant=False, none="", **rest):
    """One big number. `none` is shown if there is no data."""
    options = {"graphMode": "none" if instant else "area", "colorMode": "value",
               "reduceOptions": {"calcs": ["lastNotNull"]}}
    defaults = {**rest.pop("defaults", {}), **({"noValue": none} if none else {})}
    return Panel("stat", title, unit, about, [Query(expr, instant=instant)], width, 4, steps,
                 defaults=defaults, options=options, **rest)


def graph(title, unit, about, *queries, stacked=False, dashed=(), smallest=0, width=8, **rest):
    """Lines over time. `queries` are (expr, legend). `stacked` adds areas up. `dashed` are thresholds as lines."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 30 if stacked else 8, "showPoints": "never"}
    if stacked:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    if dashed:
        custom["thresholdsStyle"] = {"mode": "dashed"}
    defaults = {**({} if smallest is None else {"min": smallest}), "custom": custom, **rest.pop("defaults", {})}
    options = {"legend": {"showLegend": True, "displayMode": "table", "placement": "bottom", "calcs": ["mean", "lastNotNull"]},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    return Panel("timeseries", title, unit, about, [Query(*query) for query in queries], width,
                 steps=dashed, defaults=defaults, options=options, **rest)


def states(title, about, expr, legend, values, width=12, **rest):
    """One bar for each series. `values` is {value: (text, colour)}."""
    mappings = {str(value): {"text": text, "color": colour} for value, (text, colour) in values.items()}
    options = {"mergeValues": True, "showValue": "never",
               "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom"}}
    return Panel("state-timeline", title, "short", about, [Query(expr, legend)], width,
                 defaults={"mappings": [{"type": "value", "options": mappings}]}, options=options, **rest)


def table(title, about, key, columns, sort, height=7, **rest):
    """One line for each value of the label `key`. `columns` are (name, unit, expr) or (name, unit, expr, steps)."""
    overrides = []
    for index, (name, unit, _, *steps) in enumerate(columns):
        properties = [{"id": "displayName", "value": name}, {"id": "unit", "value": unit}]
        if steps:
            properties += [{"id": "thresholds", "value": thresholds(steps[0])},
                           {"id": "custom.cellOptions", "value": {"type": "color-text"}}]
        overrides.append({"matcher": {"id": "byName", "options": f"Value #{chr(ord('A') + index)}"}, "properties": properties})
    overrides.append({"matcher": {"id": "byName", "options": key},
                      "properties": [{"id": "displayName", "value": key.capitalize()}]})
    return Panel("table", title, "short", about, [Query(column[2], instant=True) for column in columns], COLUMNS, height,
                 options={"showHeader": True, "sortBy": [{"displayName": sort, "desc": True}]}, overrides=overrides,
                 transformations=[{"id": "merge", "options": {}}, {"id": "organize", "options": {"excludeByName": {"Time": True}}}],
                 **rest)


def thresholds(steps):
    return {"mode": "absolute", "steps": [{"color": colour, "value": start} for start, colour in steps]}


def panel_json(panel, number, at, docs):
    defaults = {"unit": panel.unit, **panel.defaults}
    if panel.steps:
        defaults["thresholds"] = thresholds(panel.steps)
    targets = []
    for index, query in enumerate(panel.queries):
        target = {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "expr": query.expr}
        if query.legend:
            target["legendFormat"] = query.legend
        if query.instant:
            target["instant"] = True
        if panel.kind == "table":
            target["format"] = "table"
        targets.append(target)
    result = {"id": number, "type": panel.kind, "title": panel.title, "description": panel.about,
              "gridPos": {"x": at[0], "y": at[1], "w": panel.width, "h": panel.height}, "datasource": DATASOURCE,
              "fieldConfig": {"defaults": defaults, "overrides": panel.overrides}, "options": panel.options,
              "targets": targets}
    if panel.alerts:
        result["links"] = [{"title": f"Runbook: {alert}", "url": f"{docs}/alerts.md#{alert.lower()}", "targetBlank": True}
                           for alert in panel.alerts]
    if panel.transformations:
        result["transformations"] = panel.transformations
    return result


def panels_json(rows, docs):
    """The rows one below the other; panels of a row from left to right, in as many lines as they need."""
    panels, y = [], 0
    for row in rows:
        panels.append({"id": len(panels) + 1, "type": "row", "title": row.title, "collapsed": False,
                       "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}, "panels": []})
        y += 1
        x = height = 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y, height = 0, y + height, 0
            panels.append(panel_json(panel, len(panels) + 1, (x, y), docs))
            x, height = x + panel.width, max(height, panel.height)
        y += height
    return panels


def variable_json(name, label, query):
    return {"name": name, "label": label, "type": "query", "datasource": DATASOURCE,
            "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, "multi": True, "includeAll": True,
            "allValue": ".*", "current": {"text": ["All"], "value": ["$__all"]}}


def annotation_json(name, colour, expr, text, **rest):
    return {"name": name, "datasource": DATASOURCE, "enable": True, "iconColor": colour, "expr": expr,
            "titleFormat": name, "textFormat": text, **rest}


def dashboard_json(dashboard, variables, annotations, docs):
    source = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}
    links = [{"type": "dashboards", "title": "Headgate", "tags": ["headgate"], "asDropdown": False, "includeVars": True,
              "keepTime": True, "targetBlank": False, "icon": "external link", "tooltip": "", "url": ""},
             {"type": "link", "title": "Runbooks", "url": f"{docs}/alerts.md", "targetBlank": True, "icon": "doc", "tags": [],
              "asDropdown": False, "includeVars": False, "keepTime": False, "tooltip": "What each alert means, and what to do"}]
    return {"uid": dashboard.uid, "title": dashboard.title, "description": dashboard.about, "tags": ["headgate"],
            "schemaVersion": SCHEMA_VERSION, "editable": True, "graphTooltip": 1, "refresh": "10s", "timezone": "utc",
            "time": {"from": "now-1h", "to": "now"}, "links": links, "annotations": {"list": annotations},
            "templating": {"list": [source, *(variable_json(name, *variables[name]) for name in dashboard.variables)]},
            "panels": panels_json(dashboard.rows, docs)}
