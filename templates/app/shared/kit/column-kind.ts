/** How wide the column of a field is in a list. */
import type { FieldType } from './model.ts'

export type ColumnKind = 'text' | 'number' | 'flag' | 'time' | 'badge' | 'image'

export function columnKindOf(type: FieldType): ColumnKind {
  switch (type) {
    case 'integer':
    case 'float':
    case 'decimal':
      return 'number'
    case 'boolean':
      return 'flag'
    case 'date':
    case 'datetime':
    case 'time':
      return 'time'
    case 'choice':
      return 'badge'
    case 'image':
      return 'image'
    default:
      return 'text'
  }
}
