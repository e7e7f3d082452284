/** The check of a schema for those who want the schema or an error, and nothing between. */
import { SlipwayError } from '../errors.ts'
import {
  type AcceptedSchema,
  checkSchema,
  type RefusedSchema,
  type SchemaDefaults,
  type SchemaProblem,
} from './check-schema.ts'
import { showPointer } from './findings.ts'

/** A schema with mistakes, and all of them that are listed. */
export class InvalidSchema extends SlipwayError {
  readonly problems: readonly SchemaProblem[]
  /** How many more there are. */
  readonly unlisted: number
  /** `schema.json:12:9  /tables/customers/fields/3/to  there is no table …`, one a mistake. */
  readonly lines: readonly string[]

  constructor({ problems, unlisted }: RefusedSchema, file: string) {
    const lines = problems.map((problem) => showProblem(problem, file))
    const others = problems.length + unlisted - 1
    super('schema_invalid', {
      mistake: lines[0] ?? file,
      others: others > 0 ? ` (and ${others.toLocaleString('en')} more)` : '',
    })
    this.problems = problems
    this.unlisted = unlisted
    this.lines = unlisted > 0 ? [...lines, `… and ${unlisted.toLocaleString('en')} more`] : lines
  }
}

/** Throws `InvalidSchema`, which calls the text by the name of its file. */
export function parseSchema(
  text: string,
  { file = 'schema.json', ...defaults }: SchemaDefaults & { readonly file?: string } = {},
): AcceptedSchema {
  const check = checkSchema(text, defaults)
  if ('problems' in check) throw new InvalidSchema(check, file)
  return check
}

/** One mistake on one line of a terminal. */
export function showProblem(
  { pointer, line, column, detail }: SchemaProblem,
  file: string,
): string {
  return [`${file}:${line}:${column}`, showPointer(pointer), detail]
    .filter((part) => part !== '')
    .join('  ')
}
