/** JSON schemas (2020-12) of bodies and answers; those that have a name stand in the document once. */
import { z } from 'zod'

type JsonSchema = z.core.JSONSchema.BaseSchema

export class Schemas {
  readonly components: Record<string, JsonSchema> = {}

  /** `input` is what is sent to the server, `output` what it answers. */
  render(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    // Within another, a schema that has a name is a reference to it.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ it: schema }), {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => {
        tidy(jsonSchema, io)
      },
    })
    Object.assign(this.components, pointToComponents($defs))
    return pointToComponents(properties?.['it'] as JsonSchema)
  }

  /** The fields of what is sent, each with its schema. */
  fields(schema: z.ZodType): Readonly<Record<string, JsonSchema>> {
    return this.render(schema, 'input').properties as Readonly<Record<string, JsonSchema>>
  }
}

function tidy(schema: JsonSchema, io: 'input' | 'output'): void {
  // Answers may gain fields.
  if (io === 'output') delete schema.additionalProperties
  // What the format says already, in 300 characters.
  if (schema.format === 'date-time') delete schema.pattern
  delete schema.id
}

function pointToComponents<Value extends object>(value: Value): Value {
  const text = JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')
  return JSON.parse(text) as Value
}
