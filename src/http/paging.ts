/** Lists are read page by page: `?limit=&cursor=` → `{results, next}`. */
import { z } from 'zod'
import { limits } from '../config.ts'

export const pageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^[1-9][0-9]{0,8}$/, `must be a number from 1 to ${limits.pageSizeMax}`)
    .transform(Number)
    .refine(
      (limit) => limit <= limits.pageSizeMax,
      `must be a number from 1 to ${limits.pageSizeMax}`,
    )
    .default(50)
    .describe(`Entries of one page, from 1 to ${limits.pageSizeMax}; 50 where it is not given.`),
  cursor: z.string().max(80).optional().describe('What `next` said on the page before.'),
})

/** For what is numbered, where `next` is the last number of the page. */
export const numberedPageQuery = pageQuery.extend({
  cursor: z
    .string()
    .regex(/^[1-9][0-9]{0,14}$/, 'must be what `next` said on the page before')
    .transform(Number)
    .optional()
    .describe('What `next` said on the page before.'),
})

export function pageOf<Entry extends z.ZodType>(entry: Entry) {
  return z.object({
    results: z.array(entry),
    next: z.string().nullable().describe('The `cursor` of the next page; null on the last one.'),
  })
}

/** Takes one entry more than the page has, to know whether another page follows. */
export function toPage<Entry, Shown>(
  found: readonly Entry[],
  limit: number,
  by: { readonly show: (entry: Entry) => Shown; readonly cursor: (entry: Entry) => string },
): { readonly results: readonly Shown[]; readonly next: string | null } {
  const shown = found.slice(0, limit)
  const last = shown.at(-1)
  return {
    results: shown.map(by.show),
    next: found.length > limit && last !== undefined ? by.cursor(last) : null,
  }
}
