/** Mistakes of a schema as compilers tell theirs, so that editors find the place. */
import { toPlainLine } from './plain-text.ts'

export interface ShownProblem {
  readonly line?: number
  readonly column?: number
  readonly pointer?: string
  readonly detail: string
}

/** `shop.schema.json:12:9  /tables/customers/fields/0/type  is "strin"; …`, a line each. */
export function renderProblems(
  file: string,
  { problems, unlisted }: { readonly problems: readonly ShownProblem[]; readonly unlisted: number },
): string {
  const lines = problems.map(({ line, column, pointer = '', detail }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':')
    return [place, pointer, detail].filter((part) => part !== '').join('  ')
  })
  const more = unlisted === 0 ? [] : [`and ${unlisted} more`]
  return [...lines, ...more].map((line) => `${toPlainLine(line)}\n`).join('')
}
