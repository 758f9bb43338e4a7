// Assigns the dashboards to Grafana's own types: schema_test.py writes them into the list at the end, and compiles it. As
// literals they may have no field that the types lack.
import type { Dashboard, FieldConfig, GraphFieldConfig, GridPos, RowPanel, TableFieldOptions } from '@grafana/schema';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as StatesOptions } from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as GraphOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// A type whose enumerations are their texts, as in JSON. Values that may be left out have defaults in Grafana.
type Plain<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T
  : T extends (infer U)[] ? readonly Plain<U>[]
  : T extends object ? { readonly [K in keyof T]?: Plain<T[K]> } : T;

type Field<Custom, Options> = { defaults: Plain<Omit<FieldConfig, 'custom' | 'thresholds' | 'mappings'>>
  & { custom?: Plain<Custom>; thresholds?: Steps; mappings?: readonly object[] }; overrides: readonly object[] } & Options;
type Steps = { mode: 'absolute'; steps: readonly { color: string; value: number | null }[] };
type Target = { refId: string; expr: string; datasource: object; legendFormat?: string; instant?: boolean; format?: string };
type Common = { id: number; title: string; description: string; gridPos: Plain<GridPos>; datasource: object;
  targets: readonly Target[]; links?: readonly object[]; transformations?: readonly { id: string; options: object }[] };

type AnyPanel =
  | (Common & { type: 'stat'; options: Plain<StatOptions>; fieldConfig: Field<object, object> })
  | (Common & { type: 'timeseries'; options: Plain<GraphOptions>; fieldConfig: Field<GraphFieldConfig, object> })
  | (Common & { type: 'table'; options: Plain<TableOptions>; fieldConfig: Field<TableFieldOptions, object> })
  | (Common & { type: 'state-timeline'; options: Plain<StatesOptions>; fieldConfig: Field<object, object> })
  | (Plain<RowPanel> & { type: 'row' });

// What the schema lacks of a dashboard that Grafana reads from a file.
type Board = Plain<Omit<Dashboard, 'panels' | 'annotations' | 'templating' | 'links'>> & {
  panels: readonly AnyPanel[];
  annotations: { list: readonly (Plain<NonNullable<NonNullable<Dashboard['annotations']>['list']>[number]>
    & { expr: string; titleFormat: string; textFormat: string; useValueForTime?: 'on' })[] };
  templating: { list: readonly (Plain<Omit<NonNullable<NonNullable<Dashboard['templating']>['list']>[number], 'query' | 'current'>>
    & { query: string | object; current?: object })[] };
  links: readonly Plain<NonNullable<Dashboard['links']>[number]>[];
};

export const checked: readonly Board[] = [];
