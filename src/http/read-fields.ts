/** Holds a body or a query against its schema, and names every mistake by its place. */
import type { z } from 'zod'
import { InvalidBody } from './problem.ts'

/** Throws `invalid_body` with every mistake and its pointer. */
export function parseField<Schema extends z.ZodType>(
  schema: Schema | undefined,
  value: unknown,
  prefix: string,
): z.output<Schema> {
  if (schema === undefined) return undefined as z.output<Schema>
  const parsed = schema.safeParse(value, { error: describeIssue })
  if (parsed.success) return parsed.data
  throw new InvalidBody(
    parsed.error.issues.flatMap((issue) => {
      const pointer = `${prefix}${toPointer(issue.path)}`
      return issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            pointer: `${pointer}${toPointer([key])}`,
            detail: 'is no field here',
          }))
        : [{ pointer, detail: issue.message }]
    }),
  )
}

/** A JSON pointer (RFC 6901). */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** What a field has to be, where its schema says nothing of its own. */
function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_value') {
    const names = issue.values.map((value) => JSON.stringify(value)).join(', ')
    return issue.values.length === 1 ? `must be ${names}` : `must be one of ${names}`
  }
  if (issue.code !== 'invalid_type') return undefined
  return issue.input === undefined ? 'is missing' : `must be of the type ${String(issue.expected)}`
}
