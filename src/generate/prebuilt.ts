/** What all apps of a framework have in common, made once for each state of the templates. */
import { z } from 'zod'
import type { StoreFile } from '../contracts/generate.ts'

export interface Prebuilt extends z.infer<typeof prebuiltShape> {
  /** All that is named above. */
  readonly files: readonly StoreFile[]
}

const storeName = z.string().regex(/^[0-9a-f]{32}\.(?:js|css|svg)$/)

/** The names of its files in the store. */
export const prebuiltShape = z.strictObject({
  vendor: z.strictObject({
    name: storeName,
    /** By package and name, what an export is called in the one file that holds all of them. */
    exports: z.record(z.string(), z.record(z.string(), z.string().regex(/^[a-z][a-z0-9]*$/))),
  }),
  /** `src/kit/index.ts` and all that it imports. */
  kit: storeName,
  style: storeName,
  icon: storeName,
})
