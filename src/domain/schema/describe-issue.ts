/** What zod finds wrong, as the rest of a sentence: what is there, and what may be there. */
import type { z } from 'zod'
import { findNearName } from '../nearest-name.ts'
import { showValue } from './findings.ts'
import { fieldTypes } from './app-schema.ts'

/** For `safeParse`: stands where a schema says nothing of its own. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const there = `is ${showValue(issue.input)}`
  switch (issue.code) {
    case 'invalid_type':
      return `${there}; it must be ${typeWords[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `${there}${describeValues(issue.input, issue.values)}`
    case 'too_big':
      return `${describeSize(issue)}; there may be at most ${issue.maximum.toLocaleString('en')}`
    case 'too_small':
      return `${describeSize(issue)}; it must be at least ${issue.minimum.toLocaleString('en')}`
    default:
      return `${there}, which is not possible here`
  }
}

/** Only the own ones: those of Django are known to who uses them. */
export const typesListed = `The types are ${fieldTypes.join(', ')}`

/** `"countrys" (did you mean "countries"?)`, or which there are. */
export function describeStranger(name: string, known: readonly string[], what: string): string {
  const near = findNearName(name, known)
  if (known.length === 0) return showValue(name)
  if (near !== null) return `${showValue(name)} (did you mean "${near}"?)`
  const listed = known.slice(0, 10).join(', ')
  return `${showValue(name)}; the ${what} are ${listed}${known.length > 10 ? ', …' : ''}`
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
}

function describeSize({
  input,
  origin,
}: {
  readonly input?: unknown
  readonly origin: string
}): string {
  if (origin === 'string') return `has ${String(input).length.toLocaleString('en')} characters`
  if (Array.isArray(input)) return `has ${input.length.toLocaleString('en')} entries`
  return `is ${showValue(input)}`
}

function describeValues(input: unknown, values: readonly unknown[]): string {
  const names = values.map(String)
  const isTypes = names.includes('ForeignKey')
  const listed = isTypes ? typesListed : `It must be ${names.join(' or ')}`
  const near = typeof input === 'string' ? findNearName(input, names) : null
  return near === null ? `. ${listed}` : ` (did you mean "${near}"?). ${listed}`
}
