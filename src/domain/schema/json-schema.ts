/** What may stand in `schema.json` as JSON Schema (2020-12), for editors and for other programs. */
import { z } from 'zod'
import { schemaFile } from './schema-file.ts'

/** Keys that are not known are no mistake there: the check tells them apart from slips. */
export function schemaJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, $defs = {} } = z.toJSONSchema(schemaFile, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.id
    },
  })
  const { Schema, ...others } = $defs
  return { $schema, $id: 'urn:slipway:schema.json', ...Schema, $defs: others }
}
