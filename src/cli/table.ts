/** Rows as columns that stand below each other. Pure: cells in, text out. */
import { measureWidth, toPlainLine } from './plain-text.ts'
import type { Paint, Style } from './terminal.ts'

/** A cell of text, or of text in a colour; null is shown as `-`. */
export type Cell = string | null | { readonly text: string; readonly style: Style }

export function renderTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
): string {
  const lines = [
    head.map((text) => ({ text: text.toUpperCase(), style: 'dim' as const })),
    ...rows.map((row) => row.map(toStyled)),
  ]
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => measureWidth(line[column]?.text ?? ''))),
  )
  return lines
    .map((line) => {
      const cells = line.map(({ text, style }, column) => {
        const isLast = column === line.length - 1
        const gap = isLast ? '' : ' '.repeat((widths[column] ?? 0) - measureWidth(text) + 2)
        return (style === null ? text : paint(style, text)) + gap
      })
      return `${cells.join('').trimEnd()}\n`
    })
    .join('')
}

function toStyled(cell: Cell): { readonly text: string; readonly style: Style | null } {
  if (cell === null || cell === '') return { text: '-', style: 'dim' }
  if (typeof cell === 'string') return { text: toPlainLine(cell), style: null }
  return { text: toPlainLine(cell.text), style: cell.style }
}
