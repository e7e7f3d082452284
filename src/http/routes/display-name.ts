/** What people call something: any script, on one line. */
import { z } from 'zod'

/** Half a surrogate pair is no character, and would not come back as it was sent. */
export function displayName(lengthMax: number) {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(lengthMax, `must have at most ${lengthMax} characters`)
    .refine((text) => isPlain.test(text), 'must not hold control characters')
}

/** No part of the document: tools that read it know no such classes. */
const isPlain = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u
