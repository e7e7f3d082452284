/** A number in a query, where everything is text. */
import { z } from 'zod'

export const wholeNumber = z
  .string()
  .regex(/^(?:0|[1-9][0-9]{0,14})$/, 'must be a whole number')
  .transform(Number)
