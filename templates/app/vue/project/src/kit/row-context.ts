/** How the parts of a page find the row that the page is about. */
import { inject, type InjectionKey, type Ref } from 'vue'
import type { Row } from './model.ts'

/** Null while the row is on its way. */
export type CurrentRow = Readonly<Ref<Row | null>>

export const rowKey: InjectionKey<CurrentRow> = Symbol('row')

export function useRow(): CurrentRow {
  const row = inject(rowKey)
  if (row === undefined) throw new Error('A value stands outside of a page of one row.')
  return row
}
