/** The columns of a list. `List.tsx` of a table says which there are, and in which order. */
import { createContext, type ReactNode, use } from 'react'
import { Link } from 'react-router'
import { paths } from './base.ts'
import { type ColumnKind, columnKindOf } from './column-kind.ts'
import { Icon } from './icon.tsx'
import { type Field, idOf, type Row, type Table, titleFieldsOf, titleOf } from './model.ts'
import { directionOf, isSortable, turnOrdering } from './query.ts'
import type { List } from './use-list.ts'
import { ValueOf } from './value.tsx'

type Place =
  | { readonly kind: 'heading'; readonly list: List }
  | { readonly kind: 'row'; readonly row: Row; readonly table: Table }
  | { readonly kind: 'skeleton' }

export const ColumnPlace = createContext<Place>({ kind: 'skeleton' })

/** The column that leads to the row: what the row is called. */
export function TitleColumn() {
  const place = use(ColumnPlace)
  if (place.kind === 'skeleton') return <SkeletonCell kind="text" />
  const table = place.kind === 'row' ? place.table : place.list.table
  if (place.kind === 'heading') {
    const titles = titleFieldsOf(table)
    const label = titles.map((field) => field.label).join(' ') || '#'
    return <Heading kind="text" label={label} field={titles[0]} list={place.list} />
  }
  const { row } = place
  return (
    <Cell kind="text" label="">
      <Link className="row-link" to={paths.detail(table.name, idOf(row))}>
        {titleOf(row, table)}
      </Link>
    </Cell>
  )
}

export interface ColumnProps {
  readonly field: Field
  /** Another heading than the field's label. */
  readonly label?: string
  /** Draws something else than the field's value: `{(row) => …}`. */
  readonly children?: (row: Row) => ReactNode
}

export function Column({ field, label = field.label, children }: ColumnProps) {
  const place = use(ColumnPlace)
  const kind = columnKindOf(field.type)
  switch (place.kind) {
    case 'skeleton':
      return <SkeletonCell kind={kind} />
    case 'heading':
      return <Heading kind={kind} label={label} field={field} list={place.list} />
    case 'row':
      return (
        <Cell kind={kind} label={label}>
          {children?.(place.row) ?? <ValueOf field={field} row={place.row} />}
        </Cell>
      )
  }
}

interface HeadingProps {
  readonly kind: ColumnKind
  readonly label: string
  readonly field: Field | undefined
  readonly list: List
}

function Heading({ kind, label, field, list: { query, sort } }: HeadingProps) {
  if (field === undefined || !isSortable(field)) {
    return (
      <th className={`cell cell-${kind}`} role="columnheader" scope="col">
        <span className="sort">
          <span>{label}</span>
        </span>
      </th>
    )
  }
  const direction = directionOf(query.ordering, field)
  return (
    <th className={`cell cell-${kind}`} role="columnheader" scope="col" aria-sort={direction}>
      <button
        type="button"
        className="sort"
        onClick={() => sort(turnOrdering(query.ordering, field))}
      >
        <span>{label}</span>
        <Icon name={direction === 'descending' ? 'down' : 'up'} />
      </button>
    </th>
  )
}

interface CellProps {
  readonly kind: ColumnKind
  readonly label: string
  readonly children: ReactNode
}

function Cell({ kind, label, children }: CellProps) {
  return (
    <td className={`cell cell-${kind}`} role="cell">
      {/* Read on phones, where there is no heading above. */}
      <span className="cell-label" aria-hidden="true">
        {label}
      </span>
      <div className="cell-value">{children}</div>
    </td>
  )
}

function SkeletonCell({ kind }: { kind: ColumnKind }) {
  return (
    <td className={`cell cell-${kind}`}>
      <span className="skeleton" />
    </td>
  )
}
