/** What may stand in `slipway.json`; every key may be left out. */
import { z } from 'zod'
import type { SlipwayFile } from './build-plan.ts'
import { SlipwayError } from './errors.ts'
import { firstIssue, parseConfigJson, slipwayKeys } from './config-json.ts'

const folder = z
  .string()
  .max(200)
  .regex(
    /^(?!.*(?:^|\/)(?:\.\.?|\.git|node_modules)(?:\/|$))[^/\\\0\n][^\\\0\n]*(?<!\/)$|^\.$/,
    'must be a folder below the top, such as "dist" or "packages/web"',
  )
const command = z.string().min(1).max(1_000)
const later = z.undefined('is not known to this version yet; leave it out')

const slipwaySchema = z.strictObject({
  root: folder.exactOptional(),
  install: command.exactOptional(),
  build: command.exactOptional(),
  output: folder.exactOptional(),
  spa: z.boolean().exactOptional(),
  node: later.optional(),
  allowScripts: later.optional(),
  branch: later.optional(),
})

/** Throws `slipway_json_invalid` with the place. */
export function parseSlipwayFile(text: string | null): SlipwayFile {
  if (text === null) return {}
  const parsed = slipwaySchema.safeParse(parseConfigJson(text, 'slipway_json_invalid'))
  if (!parsed.success) {
    throw new SlipwayError('slipway_json_invalid', {
      ...firstIssue(parsed.error),
      known: slipwayKeys,
    })
  }
  const { root, install, build, output, spa } = parsed.data
  return {
    ...(root === undefined || root === '.' ? {} : { root }),
    ...(install === undefined ? {} : { install }),
    ...(build === undefined ? {} : { build }),
    ...(output === undefined ? {} : { output }),
    ...(spa === undefined ? {} : { spa }),
  }
}
