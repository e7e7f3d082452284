/** Keeps what a form holds, and says what is wrong where the API refuses it. */
import type { Api, ApiError, Values } from './api.ts'
import { describeError } from './describe-error.ts'
import type { Labels } from './labels.ts'
import type { Messages } from './messages.ts'
import { type Field, idOf, type Row, type Table } from './model.ts'

/** By the names of the fields. */
export type FieldErrors = ReadonlyMap<string, readonly string[]>

export interface Mistakes {
  readonly fields: FieldErrors
  /** What is wrong with the whole; empty where nothing is. */
  readonly problems: readonly string[]
}

export const noMistakes: Mistakes = { fields: new Map(), problems: [] }

export interface RowKeeper {
  readonly api: Pick<Api, 'create' | 'update'>
  readonly labels: Pick<Labels, 'forget'>
}

/** A new one where `row` is null. Throws an `ApiError`. */
export async function saveRow(
  { api, labels }: RowKeeper,
  { table, row, values }: { table: Table; row: Row | null; values: Values },
): Promise<Row> {
  const saved =
    row === null
      ? await api.create(table.name, values)
      : await api.update(table.name, idOf(row), values)
  labels.forget(table.name)
  return saved
}

/** `fields` are those that the form asks for. */
export function describeRefusal(
  error: ApiError,
  fields: readonly Field[],
  messages: Messages,
): Mistakes {
  if (error.trouble !== 'invalid') {
    return { fields: new Map(), problems: [describeError(error, messages).text] }
  }
  // What is said of a field that isn't asked for has no other place than the top.
  const isAsked = (name: string) => fields.some((field) => field.name === name)
  const others = [...error.fields].filter(([name]) => !isAsked(name))
  const count = error.fields.size - others.length
  const problems = [
    ...error.messages,
    ...others.map(([name, texts]) => `${name}: ${texts.join(' ')}`),
    ...(count > 0 ? [messages.fixErrors(count)] : []),
  ]
  return { fields: error.fields, problems: problems.length > 0 ? problems : [messages.failedText] }
}
