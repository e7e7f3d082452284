import type { ReactNode } from 'react'
import { ColumnPlace } from './column.tsx'
import { idOf } from './model.ts'
import { useTools } from './tools.ts'
import type { List } from './use-list.ts'

const skeletonRows = 8

/**
 * The columns are drawn once for the heading and once for each row; each of them learns from its
 * place what it has to show. On phones the rows are cards, and the roles say that they are rows.
 */
export function RowTable({ list, children }: { list: List; children: ReactNode }) {
  const { data, isLoading, table } = list
  const { messages } = useTools()
  return (
    <div className="table-wrap">
      <table className="table" role="table" aria-label={table.label} aria-busy={isLoading}>
        <thead role="rowgroup">
          <tr role="row">
            <ColumnPlace value={{ kind: 'heading', list }}>{children}</ColumnPlace>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {data?.rows.map((row, index) => (
            <tr key={idOf(row) || index} className="row" role="row">
              <ColumnPlace value={{ kind: 'row', row, table }}>{children}</ColumnPlace>
            </tr>
          )) ?? <SkeletonRows>{children}</SkeletonRows>}
        </tbody>
      </table>
      {isLoading && data === null && <p className="visually-hidden">{messages.loading}</p>}
    </div>
  )
}

function SkeletonRows({ children }: { children: ReactNode }) {
  return Array.from({ length: skeletonRows }, (_, index) => (
    <tr key={index} className="row" aria-hidden="true">
      <ColumnPlace value={{ kind: 'skeleton' }}>{children}</ColumnPlace>
    </tr>
  ))
}
