/** The two files of JSON that tell what is to be built: read, or refused with the place. */
import type { z } from 'zod'
import { SlipwayError } from './errors.ts'

export const slipwayKeys = 'root, install, build, output, spa'

/** Throws `code`. */
export function parseConfigJson(
  text: string,
  code: 'package_json_invalid' | 'slipway_json_invalid',
): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    // The parser shows the text around the place, with its line ends.
    const problem = error instanceof Error ? error.message.replace(/\s+/g, ' ') : 'it is no JSON'
    throw new SlipwayError(code, { pointer: '', problem, known: slipwayKeys }, error)
  }
}

/** The first mistake is enough: these files have few keys. */
export function firstIssue(error: z.ZodError): { pointer: string; problem: string } {
  const [issue] = error.issues
  if (issue === undefined) return { pointer: '', problem: 'is not as it should be' }
  if (issue.code === 'unrecognized_keys') {
    return { pointer: `/${issue.keys[0] ?? ''}`, problem: 'is no key of it' }
  }
  return { pointer: issue.path.map((key) => `/${String(key)}`).join(''), problem: issue.message }
}
