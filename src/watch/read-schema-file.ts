/** One reading of a watched file: a schema, or all that is wrong with it. */
import { readFile, stat } from 'node:fs/promises'
import { limits } from '../domain/limits.ts'
import type { AppSchema } from '../domain/schema/app-schema.ts'
import { checkSchema, type SchemaProblem } from '../domain/schema/check-schema.ts'
import { showBytes } from '../domain/show.ts'

export type FileState =
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'schema'
      readonly text: string
      readonly schema: AppSchema
      readonly warnings: readonly string[]
    }
  | { readonly kind: 'wrong'; readonly problems: readonly FileProblem[]; readonly unlisted: number }

/** One about the whole file has no place in it. */
export type FileProblem = SchemaProblem | { readonly detail: string }

export async function readSchemaFile(path: string): Promise<FileState> {
  let text
  try {
    const { size } = await stat(path)
    // What can be no schema is not read into memory.
    if (size > limits.schemaBytesMax) {
      return toWrong(`has ${showBytes(size)}; there may be ${showBytes(limits.schemaBytesMax)}`)
    }
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    if (error instanceof TypeError) return toWrong('is no UTF-8')
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return code === 'ENOENT' ? { kind: 'gone' } : toWrong(`can not be read (${code})`)
  }
  const check = checkSchema(text)
  return 'problems' in check
    ? { kind: 'wrong', problems: check.problems, unlisted: check.unlisted }
    : { kind: 'schema', text, schema: check.schema, warnings: check.warnings }
}

function toWrong(detail: string): FileState {
  return { kind: 'wrong', problems: [{ detail }], unlisted: 0 }
}
