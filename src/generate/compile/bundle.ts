/** The one way in which code is bundled, for what all apps share and for the entry of each. */
import { type Plugin, rolldown } from 'rolldown'
import type { TransformOptions } from 'rolldown/utils'

/** The code of each entry by the entry; none shares a chunk with another. */
export async function bundle(
  entries: readonly string[],
  plugins: readonly Plugin[],
): Promise<ReadonlyMap<string, string>> {
  const build = await rolldown({
    input: [...entries],
    plugins: [...plugins],
    platform: 'browser',
    logLevel: 'silent',
    tsconfig: false,
    transform: transformOptions,
  })
  try {
    const { output } = await build.generate({
      format: 'esm',
      minify: true,
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    const chunks = output.filter((part) => part.type === 'chunk')
    const codes = new Map(chunks.map(({ facadeModuleId, code }) => [facadeModuleId ?? '', code]))
    const isWhole = chunks.length === entries.length && entries.every((entry) => codes.has(entry))
    if (!isWhole) throw new Error('some code is in no entry alone')
    return codes
  } finally {
    await build.close()
  }
}

/** What projects ask of their bundler, as it is here: the base is settled by the page. */
const definitions = {
  'process.env.NODE_ENV': '"production"',
  'import.meta.env.BASE_URL': '"/"',
  'import.meta.env.MODE': '"production"',
  'import.meta.env.PROD': 'true',
  'import.meta.env.DEV': 'false',
  'import.meta.env.SSR': 'false',
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
} as const

/** From TypeScript with JSX to what browsers know. */
export const transformOptions = {
  define: definitions,
  jsx: { runtime: 'automatic', development: false },
  target: 'es2022',
} as const satisfies TransformOptions
