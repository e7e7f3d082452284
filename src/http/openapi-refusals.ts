/** What a row may refuse: its own codes, and those that follow from what it takes and needs. */
import { type ErrorCode, SlipwayError } from '../domain/errors.ts'
import { toProblem } from './problem.ts'
import type { RouteRow } from './route-row.ts'

export function refusalsOf(row: RouteRow): readonly ErrorCode[] {
  const isOfProject = row.path.includes('/:project')
  const hasBody = row.body !== undefined || row.textBody !== undefined
  return [
    ...when(row.access !== 'public', 'token_missing', 'token_unknown', 'too_many_requests'),
    ...when(row.access !== 'public' && !isOfProject, 'token_scope'),
    ...when(isOfProject && row.access !== 'read', 'token_scope'),
    ...when(isOfProject, 'token_foreign', 'project_not_found'),
    ...when(hasBody || row.query !== undefined, 'invalid_body'),
    ...when(hasBody, 'payload_too_large', 'media_type_unsupported'),
    ...when(row.isDeploying === true, 'idempotency_key_reused', 'idempotency_key_busy'),
    ...(row.refusals ?? []),
  ]
}

export interface Refusal {
  readonly description: string
  readonly examples: Readonly<Record<string, { readonly value: object }>>
}

/** By status, in ascending order. */
export function describeRefusals(codes: readonly ErrorCode[]): ReadonlyMap<number, Refusal> {
  const problems = codes.map((code) => toProblem(new SlipwayError(code, placeholders), ''))
  const statuses = [...new Set(problems.map(({ status }) => status))].toSorted((a, b) => a - b)
  return new Map(
    statuses.map((status) => {
      const found = problems.filter((problem) => problem.status === status)
      return [
        status,
        {
          description: found.map(({ code, detail }) => `\`${code}\`: ${detail}`).join('\n\n'),
          examples: Object.fromEntries(found.map((problem) => [problem.code, { value: problem }])),
        },
      ]
    }),
  )
}

/** Whatever a message has a place for. */
const placeholders: Readonly<Record<string, string>> = new Proxy({}, { get: () => '…' })

function when(isSo: boolean, ...codes: readonly ErrorCode[]): readonly ErrorCode[] {
  return isSo ? codes : []
}
