/** The words for what stands in a path or a header of a request. */
import assert from 'node:assert/strict'

interface Parameter {
  readonly in: 'path' | 'header'
  readonly description: string
  readonly example: string | number
  readonly schema?: object
}

const parameters: Readonly<Record<string, Parameter>> = {
  project: { in: 'path', description: 'The id or the slug of a project.', example: 'my-app' },
  number: {
    in: 'path',
    description: 'The number of a deployment.',
    example: 12,
    schema: { type: 'integer', minimum: 1 },
  },
  token: {
    in: 'path',
    description: 'The id of a token.',
    example: '3f0c1a52-5d0e-4f0a-9d53-0d8c0a7f1b6e',
  },
  webhook: {
    in: 'path',
    description: 'The id of a webhook.',
    example: '7b0d6f0e-2c1b-4a57-9a4e-1f2d3c4b5a69',
  },
  host: { in: 'path', description: 'A domain of the project.', example: 'www.example.org' },
  name: { in: 'path', description: 'The name of a variable.', example: 'API_BASE' },
  'Idempotency-Key': {
    in: 'header',
    description:
      'Any text that names this request, such as a UUID. The same request with the same key is ' +
      'done once: for 24 hours the first answer comes again, with `Idempotent-Replayed: true`.',
    example: '0190f8a2-9a1c-7c55-8f5e-6a2b8f1f7f10',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  'If-Match': {
    in: 'header',
    description: 'The `ETag` of what is there now; where it is another by then, nothing is done.',
    example: '"3b18e512dba79e4c8300dd08aeb37f8e728b8dad"',
  },
  'If-None-Match': {
    in: 'header',
    description: 'The `ETag` of the answer that is known already.',
    example: 'W/"bJf4zVw2nX0sT8yq1k3Pdw"',
  },
}

/** The names in a path, in their order. */
export function pathParameters(path: string): readonly string[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
}

export function describeParameter(name: string): object {
  const parameter = parameters[name]
  assert(parameter !== undefined, `no words for the parameter ${name}`)
  const { schema = { type: 'string' }, ...words } = parameter
  return { name, ...words, required: words.in === 'path', schema }
}
