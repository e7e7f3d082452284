/** Holds one object against what may stand in it, and keeps of it what is right. */
import type { z } from 'zod'
import { findNearName } from '../nearest-name.ts'
import { describeIssue } from './describe-issue.ts'
import type { Findings, Place } from './findings.ts'
import { type JsonNode, type JsonObject, toValue } from './json-reader.ts'

export interface ObjectRules<Output> {
  /** All of its keys may be missing. */
  readonly words: z.ZodType<Output> & { readonly shape: Readonly<Record<string, unknown>> }
  /** Keys that are known here and read elsewhere. */
  readonly others?: readonly string[]
}

export interface Where {
  readonly path: readonly string[]
  readonly findings: Findings
}

/** The members that are right; of the others, what is wrong is among the findings. */
export function readObject<Output>(
  { members, at }: JsonObject,
  { words, others = [] }: ObjectRules<Output>,
  { path, findings }: Where,
): Output {
  const known = Object.keys(words.shape)
  reportUnknown(members, [...known, ...others], { path, findings })
  const given = [...members].filter(([key]) => known.includes(key))
  const values = given.map(([key, { node }]) => [key, toValue(node)] as const)
  const parsed = words.safeParse(Object.fromEntries(values), { error: describeIssue })
  if (parsed.success) return parsed.data
  reportIssues(parsed.error, { kind: 'object', members, at }, { path, findings })
  const wrong = new Set(parsed.error.issues.map(({ path: [key] }) => key))
  return words.parse(Object.fromEntries(values.filter(([key]) => !wrong.has(key))))
}

/** One value on its own; undefined where it is wrong. */
export function readPart<Output>(
  node: JsonNode,
  schema: z.ZodType<Output>,
  where: Where,
): Output | undefined {
  const parsed = schema.safeParse(toValue(node), { error: describeIssue })
  if (!parsed.success) reportIssues(parsed.error, node, where)
  return parsed.data
}

function reportIssues({ issues }: z.ZodError, node: JsonNode, { path, findings }: Where): void {
  for (const { path: inside, message } of issues) {
    findings.report(findPlace(node, inside.map(String), path), message)
  }
}

/** Where a path within a node leads; what holds it, where it leads to nothing. */
function findPlace(node: JsonNode, inside: readonly string[], path: readonly string[]): Place {
  const [key, ...rest] = inside
  if (key === undefined || node.kind === 'scalar') return { path, at: node.at }
  const next = node.kind === 'object' ? node.members.get(key)?.node : node.items[Number(key)]
  return next === undefined ? { path, at: node.at } : findPlace(next, rest, [...path, key])
}

/**
 * A platform may say more about a table than Slipway knows (`id`, `db_index`, `created_at`): that
 * is told and does no harm. A key that is one slip away from a known one would be lost in silence,
 * which is a mistake, unless the known one is there too.
 */
function reportUnknown(
  members: JsonObject['members'],
  known: readonly string[],
  { path, findings }: Where,
): void {
  const absent = known.filter((key) => !members.has(key))
  for (const [key, { keyAt }] of members) {
    if (known.includes(key)) continue
    const place = { path: [...path, key], at: keyAt }
    const meant = findTypo(key, absent)
    if (meant !== null) findings.report(place, `is not known here (did you mean "${meant}"?)`)
    else findings.warn(place, `"${key.slice(0, 60)}" is not known here, and not used`)
  }
}

/**
 * `readOnly` and `READ_ONLY` are `read_only`, and `lable` is `label`. Two letters may be wrong of a
 * word of six, one of a shorter word.
 */
function findTypo(key: string, known: readonly string[]): string | null {
  const plain = key.replace(/[^A-Za-z0-9]/g, '').toLowerCase()
  const same = known.find((name) => name.replaceAll('_', '') === plain)
  if (same !== undefined) return same
  // A slip of the hand leaves the beginning or the end as it was.
  const alike = known.filter(
    (name) =>
      name.length > 3 &&
      Math.abs(name.length - key.length) <= 2 &&
      (name[0] === key[0] || name.at(-1) === key.at(-1)),
  )
  const near = alike.length === 0 ? null : findNearName(key, alike, 2)
  if (near === null || near.length > 5 || sortLetters(near) === sortLetters(key)) return near
  return findNearName(key, [near], 1)
}

function sortLetters(text: string): string {
  return Array.from(text).toSorted().join('')
}
