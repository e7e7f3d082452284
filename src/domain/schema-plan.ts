/**
 * Commits whose app is made from `schema.json` alone: how one is known, and what of it is not used.
 * Nothing of such a commit is run, and no other file of it is read.
 */
import type { SchemaPlan, SlipwayFile, TreeEntry } from './build-plan.ts'
import { SlipwayError } from './errors.ts'
import { limits } from './limits.ts'

export const schemaPath = 'schema.json'

/** What makes a commit an app of its own, whatever schema lies beside it. */
const ownSources = ['package.json', 'index.html'] as const

/** The file that makes it one; null for a commit that brings no app of its own. */
export function findOwnSource(entries: readonly Pick<TreeEntry, 'path'>[]): string | null {
  return ownSources.find((name) => entries.some(({ path }) => path === name)) ?? null
}

/**
 * The file that an app may be made from, as far as the list of files tells: a `slipway.json` may
 * say otherwise, so then it is not alone. Null where the commit brings an app of its own.
 */
export function findSchema(
  entries: readonly TreeEntry[],
): { readonly file: TreeEntry; readonly isAlone: boolean } | null {
  const file = entries.find(({ path }) => path === schemaPath)
  if (file === undefined || findOwnSource(entries) !== null) return null
  return { file, isAlone: !entries.some(({ path }) => path === 'slipway.json') }
}

/** Null where the commit is planned by its own sources. Throws `schema_invalid`. */
export function planSchema(
  entries: readonly TreeEntry[],
  { root }: Pick<SlipwayFile, 'root'>,
): SchemaPlan | null {
  const schema = findSchema(entries)
  if (schema === null || root !== undefined) return null
  const { file } = schema
  const problem = findUnfitness(file)
  if (problem !== null) {
    throw new SlipwayError('schema_invalid', { mistake: `${schemaPath} ${problem}`, others: '' })
  }
  return {
    kind: 'schema',
    schemaOid: file.oid,
    spaFallback: true,
    toldAs: 'an app from schema.json, nothing to build',
  }
}

/** What lies at the top beside the schema, for one line; null where there is nothing to say. */
export function describeUnused(entries: readonly TreeEntry[]): string | null {
  const others = entries
    .filter(({ path }) => !path.includes('/') && path !== schemaPath && !isUsuallyBeside.test(path))
    .map(({ path, type }) => (type === 'tree' ? `${path}/` : path))
  if (others.length === 0) return null
  const shown = others.slice(0, unusedShown).join(', ')
  const more = others.length - unusedShown
  const names = more > 0 ? `${shown} and ${more} more` : shown
  const are = others.length === 1 ? 'is' : 'are'
  return `${names} ${are} not used: the app is made from schema.json alone`
}

const unusedShown = 6

/** Nobody expects these to become a part of an app. */
const isUsuallyBeside = /^(?:readme|license|licence|changelog)(?:\.[a-z]+)?$|^\.git/i

function findUnfitness({ type, mode, bytes }: TreeEntry): string | null {
  if (mode === '120000') return 'is a symbolic link'
  if (type === 'tree') return 'is a folder'
  if (type === 'commit') return 'is a submodule'
  if (bytes <= limits.schemaBytesMax) return null
  return `has ${bytes.toLocaleString('en')} bytes; there may be ${limits.schemaBytesMax.toLocaleString('en')}`
}
