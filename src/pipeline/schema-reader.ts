/**
 * Schemas as they were committed, checked. The steps of one deployment ask for the same, and what a
 * blob says never changes: the last ones are remembered.
 */
import { limits } from '../config.ts'
import type { Repositories } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Project } from '../domain/project.ts'
import { schemaPath } from '../domain/schema-plan.ts'
import type { AcceptedSchema } from '../domain/schema/check-schema.ts'
import { InvalidSchema, parseSchema } from '../domain/schema/parse-schema.ts'
import type { ReadSchema } from './step.ts'

const rememberedMax = 16

/** What it makes throws `schema_invalid` with every mistake, or `lfs_refused`. */
export function createSchemaReader(repositories: Pick<Repositories, 'readBlob'>): ReadSchema {
  const known = new Map<string, AcceptedSchema>()
  return async (project, oid) => {
    const key = `${oid} ${project.framework ?? ''}`
    const remembered = known.get(key)
    if (remembered !== undefined) return remembered
    const bytes = await repositories.readBlob(project.id, oid, limits.schemaBytesMax)
    const schema = checkSchemaBytes(project, bytes)
    known.set(key, schema)
    const [oldest] = known.keys()
    if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest)
    return schema
  }
}

/** The same of bytes that may never be committed. */
export function checkSchemaBytes(
  { framework }: Pick<Project, 'framework'>,
  bytes: Uint8Array,
): AcceptedSchema {
  const text = decode(bytes)
  if (text.startsWith('version https://git-lfs.github.com/spec/')) {
    throw new SlipwayError('lfs_refused', { path: schemaPath })
  }
  return parseSchema(text, framework === null ? {} : { framework })
}

function decode(bytes: Uint8Array): string {
  try {
    // What some editors put in front of a text is left to the check.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const place = { pointer: '', line: 1, column: 1 }
    throw new InvalidSchema(
      { problems: [{ ...place, detail: 'is no valid UTF-8' }], unlisted: 0 },
      schemaPath,
    )
  }
}
