/** An app with every kind of field, that shows what apps of a template import, and warms it up. */
import { type AppSchema, type Field, fieldTypes } from '../domain/schema/app-schema.ts'
import type { Framework } from '../domain/project.ts'
import type { AppRequest } from '../contracts/generate.ts'

export function makeSpecimen(framework: Framework): AppRequest {
  const names = ['first', 'second']
  const schema: AppSchema = {
    framework,
    locale: 'en',
    title: 'Specimen',
    tables: names.map((name) => ({ name, displayName: name, fields: fieldTypes.map(makeField) })),
  }
  return { schema, identity: { projectId: '1', slug: 'specimen', name: 'Specimen' } }
}

function makeField(type: Field['type']): Field {
  return {
    name: `a_${type}`,
    type,
    label: type,
    required: type === 'string',
    unique: false,
    readOnly: type === 'uuid',
    maxLength: type === 'string' ? 100 : null,
    min: null,
    max: null,
    decimalPlaces: type === 'decimal' ? 2 : null,
    helpText: null,
    choices: type === 'choice' ? [{ value: 'a', label: 'A' }] : [],
    to: type.startsWith('relation') ? 'second' : null,
    default: null,
  }
}
